/* See http.h: answers as bytes. */
#include "gateway/http.h"
#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES = 2048 };

/* The reference's, word for word. */
static const mm_http_header_t security_headers[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"X-XSS-Protection", "1; mode=block"},
    {"Referrer-Policy", "strict-origin-when-cross-origin"},
    {NULL, NULL},
};

static const mm_http_header_t cors_headers[] = {
    {"Access-Control-Allow-Origin", "*"},
    {"Access-Control-Allow-Methods", "GET, POST, OPTIONS"},
    {"Access-Control-Allow-Headers", "Content-Type"},
    {NULL, NULL},
};

static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {413, "Content Too Large"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

const mm_http_header_t *mm_http_security_headers(void)
{
    return security_headers;
}

const mm_http_header_t *mm_http_cors_headers(void)
{
    return cors_headers;
}

static const char *phrase_of(int status)
{
    size_t i = 0;

    while (i < sizeof phrases / sizeof *phrases && phrases[i].status != status)
        i++;
    assert(i < sizeof phrases / sizeof *phrases);
    return phrases[i].phrase;
}

void mm_http_answer_error(mm_http_answer_t *answer, int status, const char *text,
                          const char *reason)
{
    json_t *object = json_pack("{s:s}", "error", text);

    if (reason != NULL)
        json_object_set_new(object, "reason", json_string(reason));
    *answer = (mm_http_answer_t){.status = status, .type = "application/json"};
    answer->body = json_dumps(object, JSON_COMPACT);
    assert(answer->body != NULL);
    answer->body_len = strlen(answer->body);
    json_decref(object);
}

void mm_http_answer_fini(mm_http_answer_t *answer)
{
    free(answer->body);
    *answer = (mm_http_answer_t){0};
}

static void print_headers(FILE *out, const mm_http_header_t *header)
{
    for (; header->name != NULL; header++)
        (void)fprintf(out, "%s: %s\r\n", header->name, header->value);
}

static void print_head(const mm_http_answer_t *answer, FILE *out)
{
    (void)fprintf(out, "HTTP/1.1 %d %s\r\n", answer->status, phrase_of(answer->status));
    print_headers(out, security_headers);
    print_headers(out, cors_headers);
    (void)fputs(answer->headers, out);
    if (answer->type != NULL)
        (void)fprintf(out, "Content-Type: %s\r\nCache-Control: no-store\r\n", answer->type);
    if (answer->status != 204) /* RFC 9110 section 8.6 */
        (void)fprintf(out, "Content-Length: %zu\r\n", answer->body_len);
    (void)fprintf(out, "Connection: %sclose\r\n\r\n", answer->status == 426 ? "upgrade, " : "");
}

char *mm_http_answer_print(const mm_http_answer_t *answer, bool is_head, size_t headroom,
                           size_t *out_len)
{
    char head[HEAD_BYTES];
    FILE *out = fmemopen(head, sizeof head, "w");
    size_t body_len = is_head ? 0 : answer->body_len;
    long head_len;
    char *bytes;

    assert(out != NULL);
    print_head(answer, out);
    head_len = ftell(out);
    assert(head_len > 0 && head_len < HEAD_BYTES - 1);
    (void)fclose(out);
    bytes = malloc(headroom + (size_t)head_len + body_len);
    assert(bytes != NULL);
    memcpy(bytes + headroom, head, (size_t)head_len);
    if (body_len > 0)
        memcpy(bytes + headroom + head_len, answer->body, body_len);
    *out_len = (size_t)head_len + body_len;
    return bytes;
}
