"""A server that speaks S3, in memory, for as long as the tests run: PORT is its argument.

It is moto's, but one request at a time: moto looks whether a key is taken and then takes it, and
of two requests in between both would get it. A body is read before its request has its turn, or
a slow client would hold up all others.
"""
import io
import logging
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple

application = DomainDispatcherApplication(create_backend_app)
turn = threading.Lock()


def one_at_a_time(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    if len(body) < length:
        # The client went away in the middle; a part of a body is nothing.
        start_response("400 Bad Request", [("Content-Length", "0")])
        return []
    environ["wsgi.input"] = io.BytesIO(body)
    with turn:
        return list(application(environ, start_response))


class Silent(WSGIRequestHandler):
    def log_request(self, *_):
        pass


logging.getLogger("werkzeug").setLevel(logging.ERROR)
run_simple("127.0.0.1", int(sys.argv[1]), one_at_a_time, threaded=True, request_handler=Silent)
