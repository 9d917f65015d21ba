// Made of the server's own schemas, so that the two cannot drift; `npx vitest run test/clients/sdk -u` renews it.

/** What each task type takes, beside its `type`. */
export interface Tasks {
  /** The text in an image. */
  ImageToTextTask: Proxied & {
    /** an image in base64: PNG, JPEG, GIF, WebP or BMP */
    body?: string;
    /** `common`: letters and digits, as `queueit` and `module_001` to `module_032` once were; `number`: digits; `math`: arithmetic */
    module?: 'common' | 'number' | 'math';
    /**
     * in place of `body`, with module `number`
     *
     * @minItems 1
     * @maxItems 9
     *
     * Items: an image in base64: PNG, JPEG, GIF, WebP or BMP
     */
    images?: string[];
    /** a less certain answer is not given, and costs nothing */
    score?: number;
    /** accepted; texts are always answered as they are read */
    case?: boolean;
    /** only these characters can occur; `0-9` and `a-f` are ranges */
    charset?: string;
    /** how short the text can be */
    minLength?: number;
    /** how long the text can be; 0 is no limit */
    maxLength?: number;
    /** adds characters, alternatives and the expression */
    details?: boolean;
  };
  /** Positions and angles that visual puzzles ask for. */
  VisionEngine: Proxied & {
    module: 'slider_1' | 'space_detection' | 'rotate_1' | 'rotate_2' | 'click_order' | 'ocr_gif';
    /** an image in base64: PNG, JPEG, GIF, WebP or BMP */
    image: string;
    /** second image of slider_1, space_detection, rotate_1, rotate_2 */
    imageBackground?: string;
    /** second image of click_order */
    imagePrompt?: string;
  };
  /** Which of some images show what a question names. */
  ImageClassificationTask: Proxied & {
    /**
     * @minItems 1
     * @maxItems 9
     *
     * Items: an image in base64: PNG, JPEG, GIF, WebP or BMP
     */
    images: string[];
    /** one of those that `GET /questions` lists */
    question: string;
  };
  /** The proof of work of ALTCHA. */
  AltchaTask: Proxied & {
    /** where the challenge comes from; required without `challenge` */
    challengeURL?: string;
    /** read in place of `challengeURL` */
    websiteURL?: string;
    /** mCaptcha's site key, where `challengeURL` has no `sitekey` */
    websiteKey?: string;
    /** the challenge as the site's server gave it; its JSON as a string is read too */
    challenge?:
      | {
          [k: string]: unknown;
        }
      | string;
  };
  /** The proof of work of Cap. */
  CapTask: Proxied & {
    /** where the challenge comes from; required without `challenge` */
    challengeURL?: string;
    /** read in place of `challengeURL` */
    websiteURL?: string;
    /** mCaptcha's site key, where `challengeURL` has no `sitekey` */
    websiteKey?: string;
    /** the challenge as the site's server gave it; its JSON as a string is read too */
    challenge?:
      | {
          token: string;
          challenge:
            | [string, string][]
            | {
                c: number;
                s: number;
                d: number;
                [k: string]: unknown;
              };
          [k: string]: unknown;
        }
      | string;
  };
  /** The proof of work of mCaptcha. */
  McaptchaTask: Proxied & {
    /** where the challenge comes from; required without `challenge` */
    challengeURL?: string;
    /** read in place of `challengeURL` */
    websiteURL?: string;
    /** mCaptcha's site key, where `challengeURL` has no `sitekey` */
    websiteKey?: string;
    /** the challenge as the site's server gave it; its JSON as a string is read too */
    challenge?:
      | {
          string: string;
          salt: string;
          difficulty_factor: number;
          [k: string]: unknown;
        }
      | string;
  };
}
/** The proxy that a task names, in one text or field by field. */
export interface Proxied {
  /** `host:port:login:password`, or `scheme://login:password@host:port` (percent-encoded) */
  proxy?: string;
  /** `http`, `https`, `socks4` or `socks5` */
  proxyType?: string;
  /** a host; the other fields of a proxy go with it */
  proxyAddress?: string;
  proxyPort?: number | string;
  proxyLogin?: string;
  proxyPassword?: string;
}

/** What the solution of each task type holds, by module. */
export interface Solutions {
  ImageToTextTask: {
    common: {
      text: string;
      /** estimated probability that the answer is right */
      confidence: number;
      /** with `details` and module `math`: what was calculated */
      expression?: string;
      /** with `details` */
      characters?: {
        character: string;
        confidence: number;
      }[];
      /** with `details`: other texts (with module `math`, expressions) that it may be, likeliest first */
      alternatives?: {
        text: string;
        confidence: number;
      }[];
    };
    number:
      | {
          text: string;
          /** estimated probability that the answer is right */
          confidence: number;
          /** with `details` and module `math`: what was calculated */
          expression?: string;
          /** with `details` */
          characters?: {
            character: string;
            confidence: number;
          }[];
          /** with `details`: other texts (with module `math`, expressions) that it may be, likeliest first */
          alternatives?: {
            text: string;
            confidence: number;
          }[];
        }
      | {
          /** in the order of `images` */
          answers: string[];
          /** estimated probability that the answer is right */
          confidence: number;
        };
    math: {
      text: string;
      /** estimated probability that the answer is right */
      confidence: number;
      /** with `details` and module `math`: what was calculated */
      expression?: string;
      /** with `details` */
      characters?: {
        character: string;
        confidence: number;
      }[];
      /** with `details`: other texts (with module `math`, expressions) that it may be, likeliest first */
      alternatives?: {
        text: string;
        confidence: number;
      }[];
    };
  };
  VisionEngine: {
    slider_1: {
      /** pixels to the left edge of the piece's image */
      distance: number;
    };
    space_detection: {
      /**
       * where the top left corner of the piece's image goes
       *
       * @minItems 2
       * @maxItems 2
       */
      box: [number, number];
    };
    rotate_1: {
      /** degrees by which the disc is turned clockwise */
      angle: number;
    };
    rotate_2: {
      /** degrees by which the disc is turned clockwise */
      angle: number;
    };
    click_order: {
      /** where to click, in the order of the prompt */
      points: [number, number][];
    };
    ocr_gif: {
      text: string;
    };
  };
  ImageClassificationTask: {
    common: {
      /** indexes of the images that show it */
      objects: number[];
      /** the probability for each image */
      scores: number[];
    };
  };
  AltchaTask: {
    common: {
      /** the form's field `altcha` */
      token: string;
      number: number;
    };
  };
  CapTask: {
    common: {
      /** redeemed, the form's field `cap-token`; else to be redeemed with `solutions` */
      token: string;
      /** where the task held the challenge */
      solutions?: number[];
    };
  };
  McaptchaTask: {
    common:
      | {
          /** verified: the form's field `mcaptcha__token` */
          token: string;
        }
      | {
          string: string;
          nonce: number;
          result: string;
        };
  };
}

/** When the same call may be sent again, by error code. */
export const retry = {
  ERROR_SERVICE_UNAVALIABLE: 'later',
  ERROR_RATE_LIMIT: 'later',
  ERROR_INVALID_TASK_DATA: 'no',
  ERROR_BAD_REQUEST: 'no',
  ERROR_TASKID_INVALID: 'no',
  ERROR_TASK_TIMEOUT: 'now',
  ERROR_SETTLEMENT_FAILED: 'now',
  ERROR_KEY_DENIED_ACCESS: 'no',
  ERROR_ZERO_BALANCE: 'afterTopup',
  ERROR_TASK_NOT_SUPPORTED: 'no',
  ERROR_CAPTCHA_UNSOLVABLE: 'now',
  ERROR_UNKNOWN_QUESTION: 'no',
  ERROR_PROXY_BANNED: 'otherProxy',
  ERROR_INVALID_IMAGE: 'no',
  ERROR_PARSE_IMAGE_FAIL: 'no',
  ERROR_IP_BANNED: 'later',
  ERROR_KEY_TEMP_BLOCKED: 'later',
} as const;

/** What the server answers with when it does not answer what was asked. */
export type ErrorCode = keyof typeof retry;
