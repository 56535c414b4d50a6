/* Logs: one JSON object a line, with a constant event id first in mind: {"ts":"2026-01-01T00:00:00.000Z",
 * "level":"info","event":"room_created",...}.  Everything but ASCII is escaped, so that no guest's text can forge a
 * line or move a terminal.  Never SDP, candidates, chat, names, passwords, tokens.
 *
 * Without a sink (the state a process starts in) nothing is written: the cores, the link and the rooms do no I/O by
 * themselves.  The mains install one.  More than 10 lines of one event a second at level warn or below are
 * dropped; the next line of that event says how many ("suppressed").  One thread only, helpers do not log. */
#ifndef MM_PROTO_LOG_H
#define MM_PROTO_LOG_H

#include "proto/text.h"

typedef enum mm_log_level { MM_LOG_DEBUG, MM_LOG_INFO, MM_LOG_WARN, MM_LOG_ERROR } mm_log_level_t;

typedef struct mm_log_field {
    const char *key;
    bool is_number;
    int64_t number;
    mm_text_t text;
} mm_log_field_t;

/* Receives one whole line, terminated, without line end. */
typedef void mm_log_sink_t(void *ctx, const char *line);

void mm_log_to(mm_log_sink_t *sink, void *ctx);
void mm_log_to_stderr(void);
void mm_log_set_level(mm_log_level_t level);
/* False when the word is none of debug, info, warn, error. */
bool mm_log_level_parse(const char *word, mm_log_level_t *out);

void mm_log(mm_log_level_t level, const char *event, const mm_log_field_t *fields, size_t count);

#define MM_LOG_TEXT(key_, text_) ((mm_log_field_t){.key = (key_), .text = (text_)})
#define MM_LOG_NUMBER(key_, number_)                                                               \
    ((mm_log_field_t){.key = (key_), .is_number = true, .number = (int64_t)(number_)})
/* MM_LOG(INFO, "gateway_listens", MM_LOG_NUMBER("port", port), ...): at least one field. */
#define MM_LOG(level, event, ...)                                                                  \
    mm_log(MM_LOG_##level, (event), (mm_log_field_t[]){__VA_ARGS__},                               \
           sizeof((mm_log_field_t[]){__VA_ARGS__}) / sizeof(mm_log_field_t))

#endif
