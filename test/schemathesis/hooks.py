"""Gives generated requests what no generator hits upon: the server's key, and most times a real image."""

import base64
import os
import pathlib
import zlib

import schemathesis

KEY = os.environ["LEGIBLE_KEY"]
IMAGE = base64.b64encode(pathlib.Path(os.environ["LEGIBLE_IMAGE"]).read_bytes()).decode()
known_tasks = []
IMAGE_FIELDS = ("body", "image", "imageBackground", "imagePrompt")
# Any two of these seldom go together, and most texts are no proxy: with them, nothing would ever be solved.
UNLIKELY = ("charset", "minLength", "maxLength", "score")


def make_likely(task):
    for name in [name for name in task if name.startswith("proxy") or name in UNLIKELY]:
        del task[name]
    for name in IMAGE_FIELDS:
        if isinstance(task.get(name), str):
            task[name] = IMAGE
    if isinstance(task.get("images"), list):
        task["images"] = [IMAGE if isinstance(each, str) else each for each in task["images"]]
        if task.get("module") != "number":
            task.pop("images" if "body" in task else "body", None)
    if task.get("type") == "ImageToTextTask" and "images" not in task:
        task.setdefault("body", IMAGE)
    if task.get("type") == "ImageClassificationTask" and isinstance(task.get("question"), str):
        task["question"] = "dog"


@schemathesis.hook
def before_call(context, case, kwargs):
    fields = case.body
    if not isinstance(fields, dict):
        return
    if isinstance(fields.get("clientKey"), str):
        fields["clientKey"] = KEY
    if isinstance(fields.get("taskId"), str) and known_tasks:
        fields["taskId"] = known_tasks[-1]
    task = fields.get("task")
    if isinstance(task, dict) and zlib.crc32(repr(sorted(task)).encode("utf-8", "replace")) % 4:
        make_likely(task)
        fields.pop("callbackUrl", None)


@schemathesis.hook
def after_call(context, case, response):
    if case.path == "/createTask" and response.status_code == 200:
        known_tasks.append(response.json()["taskId"])
