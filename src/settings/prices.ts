/**
 * Micro-USD by type/module, where the setting `prices` says nothing else. It names everything that is served: a
 * module without a price would be refused at every call, and a price without a module is a typing error.
 */
export const standardPrices: Readonly<Record<string, number>> = {
  'ImageToTextTask/common': 400,
  'ImageToTextTask/number': 400,
  'ImageToTextTask/math': 400,
  'VisionEngine/slider_1': 400,
  'VisionEngine/space_detection': 400,
  'VisionEngine/rotate_1': 400,
  'VisionEngine/rotate_2': 400,
  'VisionEngine/click_order': 400,
  'VisionEngine/ocr_gif': 400,
  'ImageClassificationTask/common': 400,
  'AltchaTask/common': 400,
  'CapTask/common': 400,
  'McaptchaTask/common': 400,
};

/** Task types that are served, as clients write them. */
export const servedTypes: readonly string[] = [
  ...new Set(Object.keys(standardPrices).map((name) => name.split('/')[0]!)),
];
