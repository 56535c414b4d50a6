/* See http.h: what a request's head must look like.  libwebsockets lets pass what lies between two readings of the
 * standard (a second Content-Length, a Transfer-Encoding it does not decode); a proxy in front may have read it in the other way,
 * so whatever is doubtful is refused. */
#include "gateway/http.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { LENGTH_DIGITS = 15, WEBSOCKET_KEY_CHARS = 24 };

static bool equals_ignoring_case(mm_text_t text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.ptr, word, text.len) == 0;
}

/* True when `word` is one of the values between the commas. */
static bool list_has(mm_text_t list, const char *word)
{
    while (list.len > 0) {
        const char *comma = memchr(list.ptr, ',', list.len);
        size_t len = comma == NULL ? list.len : (size_t)(comma - list.ptr);
        if (equals_ignoring_case(mm_text_trim((mm_text_t){list.ptr, len}), word))
            return true;
        len += comma != NULL;
        list.ptr += len;
        list.len -= len;
    }
    return false;
}

static bool is_http_1_1(const mm_http_head_t *head)
{
    return mm_text_is(head->version, "HTTP/1.1");
}

/* Digits alone, with white space around them (RFC 9110 section 5.5): no sign, no list, so that it was sent once. */
static bool read_length(mm_text_t text, size_t *out)
{
    size_t length = 0;

    text = mm_text_trim(text);
    if (text.len > LENGTH_DIGITS)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!isdigit((unsigned char)text.ptr[i]))
            return false;
        length = 10 * length + (size_t)(text.ptr[i] - '0');
    }
    *out = length;
    return true;
}

static bool refuse(mm_http_answer_t *answer, int status, const char *text, const char *reason)
{
    mm_http_answer_error(answer, status, text, reason);
    return false;
}

bool mm_http_accepts_head(const mm_http_head_t *head, size_t *out_body_len,
                          mm_http_answer_t *answer)
{
    *out_body_len = 0;
    if (!is_http_1_1(head) && !mm_text_is(head->version, "HTTP/1.0"))
        return refuse(answer, 505, "HTTP version not supported", NULL);
    if (head->transfer_encoding.len > 0)
        return refuse(answer, 501, "Not implemented", "Transfer-Encoding");
    if (is_http_1_1(head) && head->host.len == 0)
        return refuse(answer, 400, "Bad request", "Host is missing");
    if (memchr(head->host.ptr, ',', head->host.len) != NULL)
        return refuse(answer, 400, "Bad request", "Host was sent twice");
    if (!read_length(head->content_length, out_body_len))
        return refuse(answer, 400, "Bad request", "Content-Length");
    /* RFC 9110 section 9.3.1: what it would mean nobody knows, and whoever sends it may be about to smuggle. */
    if (*out_body_len > 0 && (head->method & (MM_METHOD_GET | MM_METHOD_HEAD)) != 0)
        return refuse(answer, 400, "Bad request", "GET and HEAD have no body");
    if (*out_body_len > MM_HTTP_BODY_MAX)
        return refuse(answer, 413, "Request body too large", NULL);
    return true;
}

static bool is_websocket_key(mm_text_t key)
{
    if (key.len != WEBSOCKET_KEY_CHARS || key.ptr[22] != '=' || key.ptr[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++)
        if (!isalnum((unsigned char)key.ptr[i]) && key.ptr[i] != '+' && key.ptr[i] != '/')
            return false;
    return true;
}

bool mm_http_accepts_handshake(const mm_http_head_t *head, mm_http_answer_t *answer)
{
    if (!mm_text_is(head->path, MM_HTTP_WEBSOCKET_PATH))
        return refuse(answer, 404, "Not found", NULL);
    if (head->method != MM_METHOD_GET || !is_http_1_1(head) || head->content_length.len > 0)
        return refuse(answer, 400, "Bad request", "a WebSocket begins with GET and HTTP/1.1");
    if (!equals_ignoring_case(head->upgrade, "websocket") || !list_has(head->connection, "upgrade"))
        return refuse(answer, 400, "Bad request", "Upgrade");
    if (!mm_text_is(head->websocket_version, "13")) {
        refuse(answer, 426, "Upgrade required", "Sec-WebSocket-Version 13");
        (void)strcpy(answer->headers, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
        return false;
    }
    if (!is_websocket_key(head->websocket_key))
        return refuse(answer, 400, "Bad request", "Sec-WebSocket-Key");
    if (head->websocket_protocol.len > 0)
        return refuse(answer, 400, "Bad request", "Sec-WebSocket-Protocol: there are none");
    return true;
}
