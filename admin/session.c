/* See session.h.  The model of a peer is gateway/uplink.c; what differs is that this one outlives nothing: a lost broker is an error. */
#include "admin/session.h"

#include "proto/bus.h"
#include "proto/link.h"

#include <assert.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    HELLO_INTERVAL_MS = 250,
    PING_INTERVAL_MS = 300,
    WELCOME_MS =
        1500,      /* a broker that is there says it at once; who waits wants to know within 2 s */
    FLUSH_MS = 20, /* what sending the last frame may take */
    TURN_MS = 5,
    CONNECTION = 1,
    BODY_BYTES = 4096,
    FRAME_BYTES = MM_HEADER_MAX + 256
};

struct mm_session {
    const mm_settings_t *settings;
    mm_counters_t counters;
    uv_loop_t loop;
    uv_timer_t timer;
    uv_prepare_t prepare;
    mm_bus_t *bus;
    mm_link_t link;
    uint64_t incarnation;
    char name[MM_NAME_MAX];
    int64_t hello_ms, ping_ms, said_ms; /* said_ms: time of the latest stamp */
    mm_err_t failure;                   /* of the link; MM_OK while it may work */
    bool has_answer;
    uint8_t *answer; /* a copy of its body */
    size_t answer_len;
};

static int64_t now_ms(const mm_session_t *session)
{
    return (int64_t)uv_now(&session->loop);
}

/* --- the link ------------------------------------------------------------------------------ */

static mm_err_t send_frame(void *owner, mm_slice_t frame)
{
    mm_session_t *session = owner;

    return mm_bus_send(session->bus, (mm_slice_t){0}, frame);
}

/* One answer is waited for at a time; whatever else comes is acked and forgotten. */
static mm_err_t on_entry(void *owner, mm_cursor_t *cursor)
{
    mm_session_t *session = owner;
    const uint8_t *start = cursor->at;
    mm_downward_t entry;
    mm_err_t err = mm_downward_read(cursor, &entry);

    if (err != MM_OK)
        return err;
    if (entry.spec->msg == MM_MSG_ADMIN_ANSWER || entry.spec->msg == MM_MSG_ROOM_CREATED) {
        free(session->answer);
        session->answer = malloc(entry.body.len);
        assert(session->answer != NULL);
        memcpy(session->answer, entry.body.ptr, entry.body.len);
        session->answer_len = entry.body.len;
        session->has_answer = true;
    }
    mm_link_done(&session->link, entry.number,
                 mm_entry_cost(entry.spec, (size_t)(cursor->at - start)), now_ms(session));
    return MM_OK;
}

static void on_complete(void *owner, void *tag, size_t cost)
{
    (void)owner; /* the answer says more */
    (void)tag;
    (void)cost;
}

static const mm_link_ops_t link_ops = {
    .send = send_frame, .on_entry = on_entry, .on_complete = on_complete};

static mm_err_t say(mm_session_t *session, mm_frame_kind_t kind)
{
    uint8_t bytes[FRAME_BYTES];
    mm_writer_t frame = mm_writer(bytes, sizeof bytes);
    mm_header_t header = {.protocol = MM_PROTOCOL,
                          .kind = kind,
                          .epoch = session->link.epoch,
                          .session = kind == MM_FRAME_HELLO ? 0 : session->link.session};
    mm_hello_t hello = {.name = mm_text(session->name),
                        .incarnation = session->incarnation,
                        .first = session->link.window.first,
                        .received = session->link.received,
                        .role = MM_PEER_ADMIN};

    mm_link_fill_header(&session->link, &header);
    mm_header_write(&header, &frame);
    if (kind == MM_FRAME_HELLO)
        mm_hello_write(&hello, &frame);
    assert(!frame.overflow);
    return send_frame(session, mm_writer_slice(&frame));
}

static void on_welcome(mm_session_t *session, const mm_header_t *header, mm_cursor_t *cursor)
{
    mm_welcome_t welcome;

    if (mm_welcome_read(cursor, &welcome) != MM_OK || header->session <= session->link.session)
        return;
    if (session->link.epoch != 0 && session->link.epoch != header->epoch) {
        session->failure = MM_ERR_UNAVAILABLE; /* another broker knows nothing of the question */
        return;
    }
    mm_link_take_header(&session->link, header);
    mm_link_begin(&session->link, header->epoch, header->session, welcome.received);
}

static void on_nack(mm_session_t *session, mm_cursor_t *cursor)
{
    mm_nack_t nack;

    if (mm_nack_read(cursor, &nack) != MM_OK)
        return;
    if (nack == MM_NACK_VERSION)
        session->failure = MM_ERR_VERSION;
    else if (nack == MM_NACK_FENCED)
        session->failure = MM_ERR_UNAVAILABLE;
    else
        mm_link_end(&session->link); /* HELLO again */
}

static void on_frame(void *ctx, mm_slice_t route, mm_slice_t frame)
{
    mm_session_t *session = ctx;
    mm_cursor_t cursor = mm_cursor(frame);
    mm_header_t header;
    mm_err_t err = mm_header_read(&cursor, &header);

    (void)route;
    if (err == MM_ERR_VERSION)
        session->failure = MM_ERR_VERSION;
    if (err != MM_OK)
        return;
    if (header.kind == MM_FRAME_WELCOME) {
        on_welcome(session, &header, &cursor);
    } else if (header.kind == MM_FRAME_NACK) {
        on_nack(session, &cursor);
    } else if (session->link.is_up && header.epoch == session->link.epoch &&
               header.session == session->link.session) {
        if (header.kind == MM_FRAME_BYE)
            session->failure = MM_ERR_UNAVAILABLE;
        else if (mm_link_on_frame(&session->link, &header, &cursor) != MM_OK)
            mm_link_end(&session->link);
    }
}

/* --- the loop ------------------------------------------------------------------------------ */

static void on_timer(uv_timer_t *timer)
{
    (void)timer; /* the prepare handle of the next turn does the work */
}

static void on_prepare(uv_prepare_t *prepare)
{
    static const uint8_t nothing[] = {0x90};
    mm_session_t *session = prepare->data;
    int64_t now = now_ms(session);
    int64_t next_ms;

    if (!session->link.is_up && now - session->hello_ms >= HELLO_INTERVAL_MS) {
        /* Until the socket is connected nothing is taken; that is no reason to wait for long. */
        if (say(session, MM_FRAME_HELLO) == MM_OK)
            session->hello_ms = now;
    }
    if (session->link.is_up && now - session->ping_ms >= PING_INTERVAL_MS) {
        session->ping_ms = now;
        mm_link_ping(&session->link, (mm_slice_t){nothing, sizeof nothing});
    }
    mm_link_flush(&session->link, now, &next_ms);
    if (next_ms > now + TURN_MS)
        next_ms = now + TURN_MS;
    uv_timer_start(&session->timer, on_timer, next_ms > now ? (uint64_t)(next_ms - now) : 1, 0);
}

/* Turns the loop until something has happened.  False: the time is over first, or the link failed. */
static bool wait_until(mm_session_t *session, bool (*has_happened)(const mm_session_t *session),
                       int64_t wait_ms)
{
    int64_t deadline_ms;

    uv_update_time(&session->loop);
    deadline_ms = now_ms(session) + wait_ms;
    while (!has_happened(session) && session->failure == MM_OK && now_ms(session) < deadline_ms)
        uv_run(&session->loop, UV_RUN_ONCE);
    return has_happened(session);
}

static bool is_welcome(const mm_session_t *session)
{
    return session->link.is_up;
}

static bool is_answered(const mm_session_t *session)
{
    return session->has_answer;
}

static bool never(const mm_session_t *session)
{
    (void)session;
    return false;
}

/* --- open, ask, close ---------------------------------------------------------------------- */

static mm_session_t *session_new(const mm_settings_t *settings)
{
    mm_session_t *session = calloc(1, sizeof *session);
    uint32_t suffix;

    assert(session != NULL);
    session->settings = settings;
    if (RAND_bytes((unsigned char *)&suffix, sizeof suffix) != 1 ||
        RAND_bytes((unsigned char *)&session->incarnation, sizeof session->incarnation) != 1)
        abort();
    session->incarnation |= 1; /* never 0 */
    snprintf(session->name, sizeof session->name, "admin-%08x", suffix);
    mm_link_init(&session->link, &link_ops, session, &session->counters,
                 (uint64_t)settings->link_window, 0);
    session->hello_ms = session->ping_ms = INT64_MIN / 2;
    uv_loop_init(&session->loop);
    uv_timer_init(&session->loop, &session->timer);
    uv_prepare_init(&session->loop, &session->prepare);
    session->prepare.data = session;
    uv_prepare_start(&session->prepare, on_prepare);
    return session;
}

mm_err_t mm_session_open(const mm_settings_t *settings, const char *endpoint, mm_session_t **out)
{
    mm_session_t *session = session_new(settings);
    int64_t wait_ms = settings->timeout < WELCOME_MS ? settings->timeout : WELCOME_MS;
    mm_err_t err = mm_bus_connect(&session->loop, endpoint, on_frame, session, &session->bus);

    if (err == MM_OK && !wait_until(session, is_welcome, wait_ms))
        err = session->failure != MM_OK ? session->failure : MM_ERR_UNAVAILABLE;
    if (err != MM_OK)
        mm_session_close(&session);
    *out = session;
    return err;
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void mm_session_close(mm_session_t **session_p)
{
    mm_session_t *session = *session_p;

    if (session == NULL)
        return;
    *session_p = NULL;
    if (session->link.is_up && session->failure == MM_OK) {
        say(session, MM_FRAME_BYE);
        mm_link_end(&session->link);
        session->hello_ms = INT64_MAX / 2; /* no HELLO behind it */
        wait_until(session, never, FLUSH_MS);
    }
    mm_bus_close(&session->bus);
    uv_walk(&session->loop, close_handle, NULL);
    uv_run(&session->loop, UV_RUN_DEFAULT);
    uv_loop_close(&session->loop);
    mm_link_fini(&session->link);
    free(session->answer);
    free(session);
}

static int64_t stamp_time(mm_session_t *session)
{
    struct timespec now;
    int64_t time_ms;

    clock_gettime(CLOCK_REALTIME, &now);
    time_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (time_ms <= session->said_ms)
        time_ms = session->said_ms + 1;
    session->said_ms = time_ms;
    return time_ms;
}

mm_err_t mm_session_ask(mm_session_t *session, mm_msg_t msg, const void *message,
                        const mm_id_t *target, mm_stamp_t stamp, mm_slice_t *answer)
{
    uint8_t body_bytes[BODY_BYTES], bytes[2 * BODY_BYTES];
    mm_writer_t body = mm_writer(body_bytes, sizeof body_bytes);
    mm_writer_t out = mm_writer(bytes, sizeof bytes);
    mm_upward_t entry = {.number = mm_link_next_number(&session->link),
                         .connection = CONNECTION,
                         .spec = mm_spec(msg),
                         .stamp = stamp};

    entry.stamp.time_ms = stamp_time(session);
    if (target != NULL)
        entry.target = *target;
    mm_message_write(entry.spec, message, &body);
    entry.body = mm_writer_slice(&body);
    mm_upward_write(&entry, &out);
    assert(!body.overflow && !out.overflow); /* every member was checked against its bounds */
    session->has_answer = false;
    mm_link_say(&session->link, mm_writer_slice(&out), mm_entry_cost(entry.spec, out.size), NULL);
    if (!wait_until(session, is_answered, session->settings->timeout))
        return session->failure != MM_OK ? session->failure : MM_ERR_AGAIN;
    *answer = (mm_slice_t){session->answer, session->answer_len};
    return MM_OK;
}
