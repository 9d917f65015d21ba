// onnxruntime 1.30 keeps a database of its use in the home directory and sends it to Microsoft, unless its library
// finds this in the environment when it is loaded. DANGER: assigned in a worker thread it never gets there, so
// this stands before the first import of onnxruntime and with what starts the threads.
process.env.ORT_DISABLE_TELEMETRY = '1';
