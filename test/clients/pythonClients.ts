/**
 * How one client is used: Python whose `ask(image)` sends an image that is given as base64, and whose `tell(asked)`
 * says what it shows. `key` is there.
 */
export interface PythonClient {
  name: string;
  /** How its user leads it here, as docs/clients.md says it, with the addresses of that page. */
  line: string;
  program: string;
  /** What its user sees of a wrong key, an empty balance, an image that cannot be read. */
  wrongKey: string;
  zeroBalance: string;
  unsolvable: string;
}

export const pythonClients: PythonClient[] = [
  {
    name: 'capsolver 1.0.7',
    line: 'capsolver.api_base = "http://127.0.0.1:7878"',
    program: `
import capsolver
capsolver.api_base = "http://127.0.0.1:7878"
capsolver.api_key = key
def ask(image): return capsolver.solve({"type": "ImageToTextTask", "module": "common", "body": image})
def tell(asked): return asked["text"]
`,
    wrongKey: 'AuthenticationError: Wrong account key',
    zeroBalance: 'InvalidRequestError: Insufficient account balance',
    unsolvable: 'InvalidRequestError: Captcha not recognized',
  },
  {
    name: 'python3-capsolver 1.2.2',
    line: 'ImageToText(api_key=key, request_url="http://127.0.0.1:7878")',
    program: `
from python3_capsolver.image_to_text import ImageToText
def ask(image):
    answer = ImageToText(api_key=key, request_url="http://127.0.0.1:7878").captcha_handler({"body": image, "module": "common"})
    if answer["errorId"]: raise Exception(answer["errorCode"])
    return answer
def tell(asked): return asked["solution"]["text"]
`,
    wrongKey: 'ERROR_KEY_DENIED_ACCESS',
    zeroBalance: 'ERROR_ZERO_BALANCE',
    unsolvable: 'ERROR_CAPTCHA_UNSOLVABLE',
  },
  {
    name: 'anticaptchaofficial 1.0.72',
    line: 'import redirect',
    program: `
import redirect
from anticaptchaofficial.imagecaptcha import imagecaptcha
client = imagecaptcha()
client.set_key(key)
def ask(image):
    text = client.solve_and_return_solution(None, body=image)
    if text == 0: raise Exception(client.error_code)
    if client.report_incorrect_image_captcha()["status"] != "success": raise Exception("not reported")
    return text
def tell(asked): return asked
`,
    wrongKey: 'ERROR_KEY_DOES_NOT_EXIST',
    zeroBalance: 'ERROR_ZERO_BALANCE',
    unsolvable: 'ERROR_CAPTCHA_UNSOLVABLE',
  },
  {
    name: 'python-anticaptcha 2.0.0',
    line: 'AnticaptchaClient(key, host="127.0.0.1:7880", use_ssl=False)',
    program: `
from base64 import b64decode
from python_anticaptcha import AnticaptchaClient, ImageToTextTask
client = AnticaptchaClient(key, host="127.0.0.1:7880", use_ssl=False)
def ask(image): return client.create_task(ImageToTextTask(b64decode(image), case=True, numeric=0))
def tell(asked):
    asked.join()
    return asked.get_captcha_text()
`,
    wrongKey: '[ERROR_KEY_DOES_NOT_EXIST:1]Wrong account key',
    zeroBalance: '[ERROR_ZERO_BALANCE:10]Insufficient account balance',
    unsolvable: '[ERROR_CAPTCHA_UNSOLVABLE:12]Captcha not recognized',
  },
  {
    name: '2captcha-python 2.1.2',
    line: 'import redirect',
    program: `
import redirect
from twocaptcha import TwoCaptcha
client = TwoCaptcha(key, pollingInterval=1)
def ask(image): return client.send(method="base64", body=image, caseSensitive=1)
def tell(asked): return client.wait_result(asked, timeout=30, polling_interval=1)
`,
    wrongKey: 'ERROR_KEY_DOES_NOT_EXIST',
    zeroBalance: 'ERROR_ZERO_BALANCE',
    unsolvable: 'ERROR_CAPTCHA_UNSOLVABLE',
  },
  {
    name: 'capmonster_python 5.0.0',
    line: 'CapmonsterClient._CapmonsterClient__BASE_URL = "http://127.0.0.1:7881"',
    program: `
from capmonster_python import CapmonsterClient, ImageToTextTask
CapmonsterClient._CapmonsterClient__BASE_URL = "http://127.0.0.1:7881"
client = CapmonsterClient(key)
def ask(image): return client.create_task(ImageToTextTask(body=image, case=True, numeric=0))
def tell(asked): return client.join_task_result(asked)["text"]
`,
    wrongKey: '[ERROR_KEY_DOES_NOT_EXIST] Wrong account key',
    zeroBalance: '[ERROR_ZERO_BALANCE] Insufficient account balance',
    unsolvable: '[ERROR_CAPTCHA_UNSOLVABLE] Captcha not recognized',
  },
];
