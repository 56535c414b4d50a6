/* A gateway's connections to browsers, played: bytes that arrive late and in order, sockets that take no more for a while, hang-ups,
 * what had been read already when the core asked to read no further.
 * Not here: libwebsockets (gateway/transport.h). */
#include "sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKED_MS = 20, SLOW_MS = 4000, ABNORMAL = 1006, ADDRESSES = 5 };

static sim_gateway_t *gateway_of(const sim_socket_t *socket)
{
    sim_gateway_t *gateway = &socket->sim->gateways[socket->gateway];

    return gateway->core != NULL && gateway->generation == socket->generation ? gateway : NULL;
}

bool sim_socket_is_open(const sim_socket_t *socket)
{
    return !socket->has_left && !socket->has_ended;
}

static void put_out(sim_socket_t *socket, sim_parcel_kind_t kind, mm_slice_t bytes, int code)
{
    sim_t *sim = socket->sim;
    int64_t ready_ms = sim_pipe_put(&socket->out, kind, bytes,
                                    sim->now_ms + sim_delay(sim, sim->weather.socket_delay));

    sim_pipe_last(&socket->out)->code = code;
    sim_note(sim, SIM_EVENT_SOCKET_OUT, socket->index, ready_ms - sim->now_ms);
}

static void put_in(sim_socket_t *socket, sim_parcel_kind_t kind, mm_slice_t bytes)
{
    sim_t *sim = socket->sim;
    int64_t ready_ms = sim_pipe_put(&socket->in, kind, bytes,
                                    sim->now_ms + sim_delay(sim, sim->weather.socket_delay));

    sim_note(sim, SIM_EVENT_SOCKET_IN, socket->index, ready_ms - sim->now_ms);
}

/* --- what the core asks for ------------------------------------------------------------------- */

static void random_bytes(void *world, uint8_t *out, size_t len)
{
    sim_gateway_t *gateway = world;

    sim_random_fill(&gateway->sim->random, out, len);
}

static void on_answer(void *world, void *request, const mm_room_answer_t *answer)
{
    sim_request_on_answer(((sim_gateway_t *)world)->sim, request, answer);
}

/* Whether the socket takes nothing more now. */
static bool is_blocked(sim_socket_t *socket)
{
    sim_t *sim = socket->sim;
    bool is_stubborn = sim->browsers[socket->browser].is_stubborn;

    if (socket->is_blocked)
        return true;
    if (!is_stubborn && !sim_random_chance(&sim->random, sim->weather.write_again))
        return false;
    socket->is_blocked = true;
    if (!is_stubborn)
        sim_note(sim, SIM_EVENT_SOCKET_WRITABLE, socket->index,
                 1 + sim_delay(sim, socket->is_slow ? SLOW_MS : BLOCKED_MS));
    return true;
}

/* Another open connection of the same gateway. */
static sim_socket_t *somebody_else(const sim_socket_t *socket)
{
    const sim_t *sim = socket->sim;

    for (size_t i = sim->socket_count; i-- > 0;)
        if (sim->sockets[i] != socket && sim->sockets[i]->gateway == socket->gateway &&
            sim_socket_is_open(sim->sockets[i]))
            return sim->sockets[i];
    return NULL;
}

static void write_wrongly(sim_socket_t *socket, mm_slice_t text)
{
    sim_t *sim = socket->sim;
    sim_socket_t *other = somebody_else(socket);
    sim_parcel_t *last = sim_pipe_last(&socket->out);
    char *before = NULL;

    if (sim_fault_strikes(sim, SIM_FAULT_OUTPUT_LOST, 10))
        return;
    if (other != NULL && sim_fault_strikes(sim, SIM_FAULT_OUTPUT_ASTRAY, 10))
        put_out(other, SIM_PARCEL_TEXT, text, 0);
    if (sim_fault_strikes(sim, SIM_FAULT_OUTPUT_TWICE, 10))
        put_out(socket, SIM_PARCEL_TEXT, text, 0);
    if (last != NULL && last->kind == SIM_PARCEL_TEXT && last->len == text.len &&
        memcmp(last->bytes, text.ptr, text.len) != 0 &&
        sim_fault_strikes(sim, SIM_FAULT_OUTPUT_SWAPPED, 200)) {
        before = strdup((const char *)last->bytes);
        assert(before != NULL);
        memcpy(last->bytes, text.ptr, text.len);
        text.ptr = (const uint8_t *)before;
    }
    put_out(socket, SIM_PARCEL_TEXT, text, 0);
    free(before);
}

static mm_err_t write_text(void *world, mm_buffer_t *buffer)
{
    sim_socket_t *socket = world;

    if (socket->is_shut)
        sim_fail(socket->sim, "the core writes to a connection that it closed");
    if (is_blocked(socket))
        return MM_ERR_AGAIN;
    write_wrongly(socket, (mm_slice_t){(const uint8_t *)mm_buffer_text(buffer), buffer->len});
    return MM_OK;
}

static void ping(void *world)
{
    sim_socket_t *socket = world;

    put_out(socket, SIM_PARCEL_PING, (mm_slice_t){0}, 0);
}

static void read_socket(void *world, bool on)
{
    sim_socket_t *socket = world;
    sim_t *sim = socket->sim;

    if (socket->is_read == on)
        sim_fail(sim, "the core asks twice for the same");
    socket->is_read = on;
    socket->read_ahead = on ? 0 : sim_delay(sim, 2);
    if (on)
        sim_note(sim, SIM_EVENT_SOCKET_IN, socket->index, 0);
}

static bool has_hung_up(void *world)
{
    const sim_socket_t *socket = world;

    for (const sim_parcel_t *parcel = socket->in.first; parcel != NULL; parcel = parcel->next)
        if (parcel->kind == SIM_PARCEL_END && parcel->ready_ms <= socket->sim->now_ms)
            return true;
    return false;
}

static void shut(void *world, int code, const char *reason)
{
    sim_socket_t *socket = world;
    sim_t *sim = socket->sim;

    SIM_SAY(sim, "gateway %zu closes connection %zu: %d %s", socket->gateway, socket->index, code,
            reason);
    if (socket->is_shut)
        sim_fail(sim, "the core closes a connection twice");
    if (sim_fault_strikes(sim, SIM_FAULT_CLOSE_LOST, 1000))
        return;
    socket->is_shut = true;
    put_out(socket, SIM_PARCEL_END, (mm_slice_t){0}, code);
    sim_note(sim, SIM_EVENT_SOCKET_CLOSED, socket->index, sim_delay(sim, 50));
}

const mm_gateway_ops_t sim_gateway_ops = {
    .send_frame = sim_bus_send_up,
    .reconnect_bus = sim_bus_reconnect,
    .random = random_bytes,
    .on_answer = on_answer,
    .write = write_text,
    .ping = ping,
    .read = read_socket,
    .has_hung_up = has_hung_up,
    .close = shut,
};

/* --- what happens to it ----------------------------------------------------------------------- */

static void keep(sim_t *sim, sim_socket_t *socket)
{
    if (sim->socket_count == sim->socket_capacity) {
        sim->socket_capacity = sim->socket_capacity == 0 ? 64 : 2 * sim->socket_capacity;
        sim->sockets = realloc(sim->sockets, sim->socket_capacity * sizeof *sim->sockets);
        assert(sim->sockets != NULL);
    }
    socket->index = sim->socket_count;
    sim->sockets[sim->socket_count++] = socket;
}

sim_socket_t *sim_socket_open(sim_t *sim, sim_gateway_t *gateway, sim_browser_t *browser)
{
    uint8_t address[16] = {
        [10] = 0xff, [11] = 0xff, [12] = 10, [15] = (uint8_t)(browser->index % ADDRESSES)};
    sim_socket_t *socket = calloc(1, sizeof *socket);

    assert(socket != NULL);
    keep(sim, socket);
    socket->sim = sim;
    socket->gateway = gateway->index;
    socket->generation = gateway->generation;
    socket->browser = browser->index;
    socket->is_read = true;
    socket->opened_ms = sim->now_ms;
    sim_pipe_init(&socket->in);
    sim_pipe_init(&socket->out);
    socket->talk.last = &socket->talk.first;
    socket->connection = mm_gateway_on_open(gateway->core, socket, address, sim->now_ms);
    gateway->is_touched = true;
    if (socket->connection == NULL)
        sim_fail(sim, "a gateway takes no connection");
    return socket;
}

void sim_socket_send(sim_t *sim, sim_socket_t *socket, const char *text, size_t len)
{
    sim_parcel_t *last = sim_pipe_last(&socket->in);

    if (last != NULL && last->kind == SIM_PARCEL_TEXT && last->len == len &&
        memcmp(last->bytes, text, len) != 0 &&
        sim_fault_strikes(sim, SIM_FAULT_INPUT_SWAPPED, 200)) {
        char *before = strdup((const char *)last->bytes);
        assert(before != NULL);
        memcpy(last->bytes, text, len);
        put_in(socket, SIM_PARCEL_TEXT, (mm_slice_t){(const uint8_t *)before, len});
        free(before);
        return;
    }
    put_in(socket, SIM_PARCEL_TEXT, (mm_slice_t){(const uint8_t *)text, len});
}

void sim_socket_hang_up(sim_t *sim, sim_socket_t *socket)
{
    SIM_SAY(sim, "b%zu hangs up connection %zu", socket->browser, socket->index);
    sim_judge_over(sim, socket);
    socket->has_left = true;
    sim_pipe_clear(&socket->out);
    put_in(socket, SIM_PARCEL_END, (mm_slice_t){0});
}

/* One thing that the core is told. */
static void arrive(sim_t *sim, sim_gateway_t *gateway, sim_socket_t *socket,
                   const sim_parcel_t *parcel)
{
    mm_text_t text = {(const char *)parcel->bytes, parcel->len};

    gateway->is_touched = true;
    if (parcel->kind == SIM_PARCEL_TEXT)
        mm_gateway_on_text(gateway->core, socket->connection, text, sim->now_ms,
                           sim_clock(sim, gateway));
    else if (parcel->kind == SIM_PARCEL_PING)
        mm_gateway_on_alive(gateway->core, socket->connection, sim->now_ms);
    else if (!sim_fault_strikes(sim, SIM_FAULT_GONE_LOST, 300))
        mm_gateway_on_closed(gateway->core, &socket->connection, sim->now_ms,
                             sim_clock(sim, gateway));
    else
        socket->is_shut = true;
}

void sim_socket_on_in(sim_t *sim, sim_socket_t *socket)
{
    sim_gateway_t *gateway = gateway_of(socket);
    sim_parcel_t *parcel;

    if (gateway == NULL)
        sim_pipe_clear(&socket->in);
    while (gateway != NULL && !socket->is_shut && socket->connection != NULL &&
           (socket->is_read || socket->read_ahead-- > 0) &&
           (parcel = sim_pipe_take(&socket->in, sim->now_ms)) != NULL) {
        arrive(sim, gateway, socket, parcel);
        free(parcel);
    }
}

/* A stubborn browser answers no ping. */
static void hear(sim_t *sim, sim_socket_t *socket, const sim_parcel_t *parcel)
{
    switch (parcel->kind) {
    case SIM_PARCEL_TEXT:
        sim_judge_hear(sim, socket, (const char *)parcel->bytes, parcel->len);
        break;
    case SIM_PARCEL_PING:
        if (!sim->browsers[socket->browser].is_stubborn)
            put_in(socket, SIM_PARCEL_PING, (mm_slice_t){0});
        break;
    case SIM_PARCEL_END:
        sim_judge_close(sim, socket, parcel->code);
        socket->has_ended = true;
        sim_browser_on_end(sim, socket, parcel->code);
        break;
    case SIM_PARCEL_FRAME:
        break;
    }
}

void sim_socket_on_out(sim_t *sim, sim_socket_t *socket)
{
    sim_parcel_t *parcel;

    while ((parcel = sim_pipe_take(&socket->out, sim->now_ms)) != NULL) {
        if (sim_socket_is_open(socket) && !sim->has_failed)
            hear(sim, socket, parcel);
        free(parcel);
    }
}

void sim_socket_on_writable(sim_t *sim, sim_socket_t *socket)
{
    sim_gateway_t *gateway = gateway_of(socket);

    socket->is_blocked = false;
    if (gateway == NULL || socket->connection == NULL || socket->is_shut)
        return;
    mm_gateway_on_writable(gateway->core, socket->connection, sim->now_ms);
    gateway->is_touched = true;
}

void sim_socket_on_closed(sim_t *sim, sim_socket_t *socket)
{
    sim_gateway_t *gateway = gateway_of(socket);

    sim_pipe_clear(&socket->in);
    if (gateway == NULL || socket->connection == NULL)
        return;
    mm_gateway_on_closed(gateway->core, &socket->connection, sim->now_ms, sim_clock(sim, gateway));
    gateway->is_touched = true;
}

void sim_socket_gateway_died(sim_t *sim, sim_socket_t *socket)
{
    (void)sim;
    socket->connection = NULL;
    sim_pipe_clear(&socket->in);
    if (!socket->is_shut)
        put_out(socket, SIM_PARCEL_END, (mm_slice_t){0}, ABNORMAL);
    socket->is_shut = true;
}

void sim_socket_destroy(sim_socket_t **socket_p)
{
    sim_socket_t *socket = *socket_p;

    sim_pipe_clear(&socket->in);
    sim_pipe_clear(&socket->out);
    sim_answers_forget(&socket->talk);
    free(socket);
    *socket_p = NULL;
}
