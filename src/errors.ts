/**
 * The contract's 17 error codes, as one table of data.
 *
 * `status` is the HTTP status of the default dialect. `fault` says whose mistake it is: the client's, the
 * server's, or the task's own (the picture, the target). Only what counts toward a ban or a block is the
 * client's doing: an outcome of a task must never lock a paying client out. Russian texts are the ones the
 * contract was given with, word for word. `{minutes}` stands for the time that a ban still lasts.
 */
export const errorTable = {
  ERROR_SERVICE_UNAVALIABLE: {
    status: 400,
    fault: 'server',
    countsToBan: false,
    countsToBlock: false,
    retry: 'later',
    text: {
      en: 'Service is temporarily unavailable',
      ru: 'Сервис временно недоступен',
      zh: '服务暂时不可用',
      es: 'Servicio temporalmente no disponible',
      pt: 'Serviço temporariamente indisponível',
      de: 'Dienst ist vorübergehend nicht verfügbar',
      vi: 'Dịch vụ tạm thời không khả dụng',
    },
  },
  ERROR_RATE_LIMIT: {
    status: 400,
    fault: 'client',
    countsToBan: true,
    countsToBlock: false,
    retry: 'later',
    text: {
      en: 'Request frequency/rate limit',
      ru: 'Частота/лимит запросов',
      zh: '请求频率/速率限制',
      es: 'Límite de frecuencia/tasa de solicitudes',
      pt: 'Limite de frequência/taxa de solicitação',
      de: 'Anfragehäufigkeit/Ratenbegrenzung',
      vi: 'Tần suất/Giới hạn tốc độ yêu cầu',
    },
  },
  ERROR_INVALID_TASK_DATA: {
    status: 400,
    fault: 'client',
    countsToBan: true,
    countsToBlock: true,
    retry: 'no',
    text: {
      en: 'Invalid task data',
      ru: 'Ошибка разбора данных',
      zh: '任务数据无效',
      es: 'Datos de tarea no válidos',
      pt: 'Dados de tarefa inválidos',
      de: 'Ungültige Aufgabendaten',
      vi: 'Dữ liệu tác vụ không hợp lệ',
    },
  },
  ERROR_BAD_REQUEST: {
    status: 400,
    fault: 'client',
    countsToBan: true,
    countsToBlock: true,
    retry: 'no',
    text: {
      en: 'Error Request',
      ru: 'Неверный запрос',
      zh: '错误请求',
      es: 'Solicitud errónea',
      pt: 'Solicitação inválida',
      de: 'Fehlerhafte Anfrage',
      vi: 'Yêu cầu lỗi',
    },
  },
  ERROR_TASKID_INVALID: {
    status: 400,
    fault: 'client',
    countsToBan: true,
    countsToBlock: true,
    retry: 'no',
    text: {
      en: 'Task ID does not exist or is invalid',
      ru: 'Идентификатор задачи не существует или недействителен',
      zh: '任务ID不存在或已失效',
      es: 'La ID de tarea no existe o es inválida',
      pt: 'O ID da tarefa não existe ou é inválido',
      de: 'Aufgaben-ID existiert nicht oder ist ungültig',
      vi: 'ID tác vụ không tồn tại hoặc không hợp lệ',
    },
  },
  ERROR_TASK_TIMEOUT: {
    status: 400,
    fault: 'task',
    countsToBan: false,
    countsToBlock: false,
    retry: 'now',
    text: {
      en: 'The task has timed out',
      ru: 'Задача истекла',
      zh: '任务已超时',
      es: 'La tarea ha expirado',
      pt: 'A tarefa expirou',
      de: 'Die Aufgabe ist abgelaufen',
      vi: 'Tác vụ đã hết thời gian',
    },
  },
  ERROR_SETTLEMENT_FAILED: {
    status: 400,
    fault: 'server',
    countsToBan: false,
    countsToBlock: false,
    retry: 'now',
    text: {
      en: 'Mission point settlement failure',
      ru: 'Не удалось провести учет баллов',
      zh: '任务点数结算失败',
      es: 'Error al liquidar los puntos de la tarea',
      pt: 'Falha ao liquidar os pontos da tarefa',
      de: 'Abrechnung der Aufgabe fehlgeschlagen',
      vi: 'Thanh toán điểm nhiệm vụ thất bại',
    },
  },
  ERROR_KEY_DENIED_ACCESS: {
    status: 401,
    fault: 'client',
    countsToBan: true,
    countsToBlock: false,
    retry: 'no',
    text: {
      en: 'Wrong account key',
      ru: 'Неверный ключ аккаунта',
      zh: '账户密钥错误',
      es: 'Clave de cuenta incorrecta',
      pt: 'Chave de conta incorreta',
      de: 'Falscher Kontoschlüssel',
      vi: 'Khóa tài khoản sai',
    },
  },
  ERROR_ZERO_BALANCE: {
    status: 400,
    fault: 'client',
    countsToBan: true,
    countsToBlock: false,
    retry: 'afterTopup',
    text: {
      en: 'Insufficient account balance',
      ru: 'Недостаточный баланс аккаунта',
      zh: '账户余额不足',
      es: 'Saldo de cuenta insuficiente',
      pt: 'Saldo da conta insuficiente',
      de: 'Kontoguthaben reicht nicht aus',
      vi: 'Số dư tài khoản không đủ',
    },
  },
  ERROR_TASK_NOT_SUPPORTED: {
    status: 400,
    fault: 'client',
    countsToBan: true,
    countsToBlock: true,
    retry: 'no',
    text: {
      en: 'Task types are not supported',
      ru: 'Тип задачи не поддерживается',
      zh: '不支持的任务类型',
      es: 'Tipo de tarea no compatible',
      pt: 'Tipo de tarefa não suportado',
      de: 'Aufgabentyp wird nicht unterstützt',
      vi: 'Loại tác vụ không được hỗ trợ',
    },
  },
  ERROR_CAPTCHA_UNSOLVABLE: {
    status: 400,
    fault: 'task',
    countsToBan: false,
    countsToBlock: false,
    retry: 'now',
    text: {
      en: 'Captcha not recognized',
      ru: 'Капча не распознана',
      zh: '验证码无法识别',
      es: 'Captcha no reconocido',
      pt: 'Captcha não reconhecido',
      de: 'Captcha nicht erkannt',
      vi: 'Không nhận dạng được captcha',
    },
  },
  ERROR_UNKNOWN_QUESTION: {
    status: 400,
    fault: 'client',
    countsToBan: false,
    countsToBlock: false,
    retry: 'no',
    text: {
      en: 'Wrong Question ID',
      ru: 'Неправильный идентификатор вопроса',
      zh: '问题ID错误',
      es: 'ID de pregunta incorrecta',
      pt: 'ID de pergunta incorreto',
      de: 'Falsche Fragen-ID',
      vi: 'ID câu hỏi sai',
    },
  },
  ERROR_PROXY_BANNED: {
    status: 400,
    fault: 'task',
    countsToBan: false,
    countsToBlock: false,
    retry: 'otherProxy',
    text: {
      en: 'Proxy IP banned by target service',
      ru: 'Прокси-IP заблокировано целевым сервисом',
      zh: '代理IP已被目标服务屏蔽',
      es: 'IP del proxy bloqueada por el servicio de destino',
      pt: 'IP do proxy bloqueado pelo serviço de destino',
      de: 'Proxy-IP vom Zieldienst gesperrt',
      vi: 'IP proxy bị dịch vụ đích chặn',
    },
  },
  ERROR_INVALID_IMAGE: {
    status: 400,
    fault: 'client',
    countsToBan: true,
    countsToBlock: true,
    retry: 'no',
    text: {
      en: 'Image size does not meet the requirements',
      ru: 'Размер изображения не соответствует требованиям',
      zh: '图片大小不符合要求',
      es: 'El tamaño de la imagen no cumple los requisitos',
      pt: 'O tamanho da imagem não atende aos requisitos',
      de: 'Bildgröße entspricht nicht den Anforderungen',
      vi: 'Kích thước hình ảnh không đáp ứng yêu cầu',
    },
  },
  ERROR_PARSE_IMAGE_FAIL: {
    status: 400,
    fault: 'client',
    countsToBan: true,
    countsToBlock: true,
    retry: 'no',
    text: {
      en: 'Failed to parse image',
      ru: 'Сбой при разборе изображения',
      zh: '图片解析失败',
      es: 'Error al analizar la imagen',
      pt: 'Falha ao analisar a imagem',
      de: 'Bild konnte nicht gelesen werden',
      vi: 'Không phân tích được hình ảnh',
    },
  },
  ERROR_IP_BANNED: {
    status: 400,
    fault: 'client',
    countsToBan: false,
    countsToBlock: false,
    retry: 'later',
    text: {
      en: 'Your IP has been blocked for {minutes}',
      ru: 'Ваш IP-адрес заблокирован на {minutes}',
      zh: '你的IP已被屏蔽{minutes}',
      es: 'Su IP ha sido bloqueada durante {minutes}',
      pt: 'Seu IP foi bloqueado por {minutes}',
      de: 'Ihre IP-Adresse ist für {minutes} gesperrt',
      vi: 'IP của bạn đã bị chặn trong {minutes}',
    },
  },
  ERROR_KEY_TEMP_BLOCKED: {
    status: 400,
    fault: 'client',
    countsToBan: false,
    countsToBlock: false,
    retry: 'later',
    text: {
      en: 'Due to too many error requests, the account has been blocked',
      ru: 'Из-за слишком много запросов с ошибкой аккаунт заблокирован',
      zh: '由于错误请求过多，账户已被暂时封锁',
      es: 'La cuenta se ha bloqueado por demasiadas solicitudes erróneas',
      pt: 'A conta foi bloqueada devido a muitas solicitações com erro',
      de: 'Das Konto wurde wegen zu vieler fehlerhafter Anfragen gesperrt',
      vi: 'Tài khoản bị chặn do có quá nhiều yêu cầu lỗi',
    },
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;
export const errorCodes = Object.keys(errorTable) as ErrorCode[];

export const languages = ['en', 'ru', 'zh', 'es', 'pt', 'de', 'vi'] as const;
export type Language = (typeof languages)[number];

interface ErrorRow {
  status: 400 | 401;
  fault: 'client' | 'server' | 'task';
  countsToBan: boolean;
  countsToBlock: boolean;
  /** When the client may send the same call again. */
  retry: 'no' | 'now' | 'later' | 'afterTopup' | 'otherProxy';
  text: Record<Language, string>;
}
