/* The bus and the broker's helpers, played.  Frames keep their order within a connection and are late; a connection that breaks
 * loses what is on it, and what the broker still says to it vanishes until it notices.  A hash and a commit take their time.
 * Not here: passwords hashed in earnest (broker/password.h). */
#include "sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { AGAIN_IN_A_ROW = 2 }; /* heartbeats that never pass are a dead bus */

/* --- frames ---------------------------------------------------------------------------------- */

static void put_frame(sim_t *sim, sim_gateway_t *gateway, bool is_upward, mm_slice_t frame)
{
    uint8_t *buffer = malloc(sim_fault_capacity(frame.len));
    mm_slice_t bytes;
    int64_t ready_ms;

    assert(buffer != NULL);
    bytes = sim_fault_rewrite(sim, is_upward, frame, buffer);
    ready_ms = sim_pipe_put(is_upward ? &gateway->up : &gateway->down, SIM_PARCEL_FRAME, bytes,
                            sim->now_ms + sim_delay(sim, sim->weather.frame_delay));
    sim_note(sim, is_upward ? SIM_EVENT_BUS_UP : SIM_EVENT_BUS_DOWN, gateway->index,
             ready_ms - sim->now_ms);
    free(buffer);
}

static mm_err_t send_one(sim_t *sim, sim_gateway_t *gateway, bool is_upward, mm_slice_t frame)
{
    int *again = is_upward ? &gateway->again_up : &gateway->again_down;

    if (*again < AGAIN_IN_A_ROW && sim_random_chance(&sim->random, sim->weather.frame_again)) {
        ++*again;
        return MM_ERR_AGAIN;
    }
    *again = 0;
    if (sim_random_chance(&sim->random, sim->weather.frame_drop))
        SIM_SAY(sim, "a frame %s gateway %zu is dropped", is_upward ? "of" : "to", gateway->index);
    else
        put_frame(sim, gateway, is_upward, frame);
    return MM_OK;
}

mm_err_t sim_bus_send_up(void *world, mm_slice_t frame)
{
    sim_gateway_t *gateway = world;

    if (gateway->route == 0)
        return MM_ERR_AGAIN;
    return send_one(gateway->sim, gateway, true, frame);
}

static mm_err_t send_down(void *world, mm_slice_t route, mm_slice_t frame)
{
    sim_t *sim = world;
    uint64_t number;

    assert(route.len == sizeof number);
    memcpy(&number, route.ptr, sizeof number);
    for (size_t i = 0; i < SIM_GATEWAYS; i++)
        if (sim->gateways[i].route == number)
            return send_one(sim, &sim->gateways[i], false, frame);
    for (size_t i = 0; i < sim->old_route_count && i < SIM_ROUTES; i++)
        if (sim->old_routes[i].route == number && sim->now_ms < sim->old_routes[i].noticed_ms)
            return MM_OK;
    return MM_ERR_NO_ROUTE;
}

void sim_bus_arrive_up(sim_t *sim, sim_gateway_t *gateway)
{
    sim_parcel_t *parcel;

    if (sim->broker.core == NULL)
        return;
    while ((parcel = sim_pipe_take(&gateway->up, sim->now_ms)) != NULL) {
        uint64_t route = gateway->route;
        mm_broker_on_frame(sim->broker.core, (mm_slice_t){(uint8_t *)&route, sizeof route},
                           (mm_slice_t){parcel->bytes, parcel->len}, sim->now_ms,
                           sim_clock(sim, NULL));
        sim->broker.is_touched = true;
        free(parcel);
    }
}

void sim_bus_arrive_down(sim_t *sim, sim_gateway_t *gateway)
{
    sim_parcel_t *parcel;

    while (gateway->core != NULL && (parcel = sim_pipe_take(&gateway->down, sim->now_ms)) != NULL) {
        mm_gateway_on_frame(gateway->core, (mm_slice_t){parcel->bytes, parcel->len}, sim->now_ms);
        gateway->is_touched = true;
        free(parcel);
    }
}

/* --- connections ----------------------------------------------------------------------------- */

void sim_bus_break(sim_t *sim, sim_gateway_t *gateway, int64_t noticed_ms)
{
    if (gateway->route == 0)
        return;
    sim->old_routes[sim->old_route_count++ % SIM_ROUTES] =
        (sim_route_t){.route = gateway->route, .noticed_ms = noticed_ms};
    gateway->route = 0;
    sim_pipe_clear(&gateway->up);
    sim_pipe_clear(&gateway->down);
}

void sim_bus_join(sim_t *sim, sim_gateway_t *gateway)
{
    if (sim->broker.core != NULL && gateway->route == 0)
        gateway->route = ++sim->routes;
}

void sim_bus_reconnect(void *world)
{
    sim_gateway_t *gateway = world;
    sim_t *sim = gateway->sim;

    SIM_SAY(sim, "gateway %zu connects to the bus anew", gateway->index);
    if (gateway->excused_ms < sim->now_ms)
        sim_fail(sim, "gateway %zu lost the broker though nothing had happened to either",
                 gateway->index);
    sim_bus_break(sim, gateway, sim->now_ms + sim_delay(sim, 500));
    sim_bus_join(sim, gateway);
}

/* --- helpers --------------------------------------------------------------------------------- */

static void mix(mm_text_t secret, const uint8_t salt[MM_SALT_BYTES], uint8_t out[MM_HASH_BYTES])
{
    uint64_t mixed = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < MM_SALT_BYTES + secret.len; i++) {
        mixed ^= i < MM_SALT_BYTES ? salt[i] : (uint8_t)secret.ptr[i - MM_SALT_BYTES];
        mixed *= UINT64_C(0x100000001b3);
    }
    for (size_t i = 0; i < MM_HASH_BYTES; i++)
        out[i] = (uint8_t)(mixed >> (i % 8 * 8));
}

static void hash(void *world, const mm_hash_job_t *job)
{
    sim_t *sim = world;
    uint8_t hashed[MM_HASH_BYTES];
    sim_event_t event = {.at_ms = sim->now_ms + sim_delay(sim, sim->weather.hash_delay),
                         .kind = SIM_EVENT_HASHED,
                         .generation = sim->broker.generation,
                         .with.hash = {.job = job->job, .is_check = job->is_check}};
    mm_password_t *password = &event.with.hash.password;

    if (job->is_check) {
        *password = job->against;
        mix(job->secret, password->salt, hashed);
        event.with.hash.is_right = memcmp(hashed, password->hash, sizeof hashed) == 0 ||
                                   sim_fault_strikes(sim, SIM_FAULT_PASSWORD_OPEN, 500);
    } else {
        password->is_set = true;
        sim_random_fill(&sim->random, password->salt, MM_SALT_BYTES);
        mix(job->secret, password->salt, password->hash);
    }
    sim_agenda_note(&sim->agenda, &event);
}

void sim_bus_hashed(sim_t *sim, const sim_event_t *event)
{
    if (event->generation != sim->broker.generation)
        return;
    mm_broker_on_hash(sim->broker.core, &event->with.hash, sim->now_ms, sim_clock(sim, NULL));
    sim->broker.is_touched = true;
}

static void commit(void *world, uint64_t last, mm_slice_t batch)
{
    sim_t *sim = world;
    sim_event_t event = {.at_ms = sim->now_ms + sim_delay(sim, sim->weather.commit_delay),
                         .kind = SIM_EVENT_COMMITTED,
                         .generation = sim->broker.generation};

    event.with.commit.last = last;
    event.with.commit.batch = malloc(batch.len);
    event.with.commit.len = batch.len;
    assert(event.with.commit.batch != NULL);
    memcpy(event.with.commit.batch, batch.ptr, batch.len);
    sim_agenda_note(&sim->agenda, &event);
}

void sim_bus_committed(sim_t *sim, const sim_event_t *event)
{
    mm_slice_t batch = {event->with.commit.batch, event->with.commit.len};

    if (event->generation == sim->broker.generation) {
        if (mm_store_memory.commit(sim->broker.store, batch) != MM_OK)
            sim_fail(sim, "the store cannot read what the broker commits");
        mm_broker_on_commit(sim->broker.core, event->with.commit.last, sim->now_ms,
                            sim_clock(sim, NULL));
        sim->broker.is_touched = true;
    }
    free(event->with.commit.batch);
}

const mm_broker_ops_t sim_broker_ops = {.send_frame = send_down, .hash = hash, .commit = commit};
