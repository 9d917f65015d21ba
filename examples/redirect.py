"""Leads a client whose addresses are fixed to Legible, without a change in it: `import redirect` before it.

LEGIBLE_URL says where Legible is, http://127.0.0.1:7878 without it. The Host header stays what the client wrote, and
tells Legible which contract it speaks. For clients that call by requests or httpx.
"""

import os
from urllib.parse import urlsplit

HOSTS = {
    "api.capsolver.com",
    "api-stable.capsolver.com",
    "api.anti-captcha.com",
    "api.capmonster.cloud",
    "api.2captcha.com",
    "2captcha.com",
    "api.rucaptcha.com",
    "rucaptcha.com",
}
LEGIBLE = urlsplit(os.environ.get("LEGIBLE_URL", "http://127.0.0.1:7878"))
if LEGIBLE.scheme not in ("http", "https") or LEGIBLE.path.strip("/") or LEGIBLE.query:
    raise ValueError("LEGIBLE_URL must be http://host:port or https://host:port, without a path")


def here(url):
    """The same path at Legible."""
    return url._replace(scheme=LEGIBLE.scheme, netloc=LEGIBLE.netloc).geturl()


def redirect_requests():
    import requests

    send = requests.Session.send

    def send_here(self, request, **kwargs):
        url = urlsplit(request.url)
        if url.hostname in HOSTS:
            request.headers["Host"] = url.hostname
            request.url = here(url)
            # They were chosen for the address that the client wrote.
            kwargs["proxies"] = requests.utils.get_environ_proxies(request.url) if self.trust_env else {}
        return send(self, request, **kwargs)

    requests.Session.send = send_here


def redirect_httpx():
    import httpx

    def leading_here(send):
        def send_here(self, request, **kwargs):
            url = urlsplit(str(request.url))
            if url.hostname in HOSTS:
                request.url = httpx.URL(here(url))
            return send(self, request, **kwargs)

        return send_here

    httpx.Client.send = leading_here(httpx.Client.send)
    httpx.AsyncClient.send = leading_here(httpx.AsyncClient.send)


for lead in (redirect_requests, redirect_httpx):
    try:
        lead()
    except ImportError:
        pass
