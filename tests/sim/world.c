/* What happens next: the loop over events and virtual time, from the first to rest.  See sim.h.
 *
 * A core is told what arrives, and then, as at the end of a turn of its loop, that time has passed.  Several things may arrive in one
 * such turn.  A frozen process takes nothing until it thaws; a dead one is thrown away with all it held. */
#include "sim.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLOCK_START_MS_HIGH = 1770000000, /* seconds since 1970 at the start */
    REST_MS = 24000,
    HARSH_TIMEOUT_MS = 8000,
    CHAIN = 5, /* one that stands still holds up another, which then begins to count */
    PATIENCE_MS = 3600000,
    ENDLESS_MS = 3600000 /* a run that is not through by then hangs */
};

int64_t sim_clock(const sim_t *sim, const sim_gateway_t *gateway)
{
    return (int64_t)CLOCK_START_MS_HIGH * 1000 + sim->now_ms +
           (gateway == NULL ? 0 : gateway->skew_ms);
}

void sim_fail(sim_t *sim, const char *format, ...)
{
    va_list arguments;

    if (sim->has_failed)
        return;
    sim->has_failed = true;
    va_start(arguments, format);
    vsnprintf(sim->failure, sizeof sim->failure, format, arguments);
    va_end(arguments);
    SIM_SAY(sim, "FAILED: %s", sim->failure);
}

void sim_note(sim_t *sim, sim_event_kind_t kind, size_t subject, int64_t delay_ms)
{
    sim_event_t event = {.at_ms = sim->now_ms + delay_ms, .kind = kind, .subject = subject};

    sim_agenda_note(&sim->agenda, &event);
}

int64_t sim_delay(sim_t *sim, int64_t most_ms)
{
    return sim_random_below(&sim->random, most_ms + 1);
}

uint64_t sim_turns(const sim_t *sim)
{
    return sim->totals.turns + sim->broker.counters.turns;
}

/* --- the ends of loop turns ------------------------------------------------------------------ */

static void end_broker_turn(sim_t *sim)
{
    sim_broker_t *broker = &sim->broker;
    int64_t next_ms;

    broker->is_touched = false;
    if (broker->core == NULL)
        return;
    next_ms = mm_broker_on_time(broker->core, sim->now_ms, sim_clock(sim, NULL));
    if (next_ms < sim->now_ms + 1)
        next_ms = sim->now_ms + 1;
    if (broker->wake_ms <= sim->now_ms || next_ms < broker->wake_ms) {
        broker->wake_ms = next_ms;
        sim_note(sim, SIM_EVENT_WAKE_BROKER, 0, next_ms - sim->now_ms);
    }
    sim_truth_check(sim);
}

static void end_gateway_turn(sim_t *sim, sim_gateway_t *gateway)
{
    int64_t next_ms;

    gateway->is_touched = false;
    if (gateway->core == NULL)
        return;
    next_ms = mm_gateway_on_time(gateway->core, sim->now_ms);
    if (next_ms < sim->now_ms + 1)
        next_ms = sim->now_ms + 1;
    if (gateway->wake_ms <= sim->now_ms || next_ms < gateway->wake_ms) {
        gateway->wake_ms = next_ms;
        sim_note(sim, SIM_EVENT_WAKE_GATEWAY, gateway->index, next_ms - sim->now_ms);
    }
}

/* Time never passes before a loop turn ended; within one instant several things may be taken in one turn. */
static void end_turns(sim_t *sim)
{
    bool must = sim_agenda_next(&sim->agenda) > sim->now_ms;

    if (sim->broker.is_touched && (must || sim_random_chance(&sim->random, 600)))
        end_broker_turn(sim);
    for (size_t i = 0; i < SIM_GATEWAYS; i++)
        if (sim->gateways[i].is_touched && (must || sim_random_chance(&sim->random, 600)))
            end_gateway_turn(sim, &sim->gateways[i]);
}

/* --- events ---------------------------------------------------------------------------------- */

/* When the process that must take this event thaws; 0 when it may be taken now. */
static int64_t frozen_until(const sim_t *sim, const sim_event_t *event)
{
    int64_t until_ms = 0;

    switch (event->kind) {
    case SIM_EVENT_WAKE_BROKER:
    case SIM_EVENT_BUS_UP:
    case SIM_EVENT_HASHED:
    case SIM_EVENT_COMMITTED:
        until_ms = sim->broker.frozen_ms;
        break;
    case SIM_EVENT_WAKE_GATEWAY:
    case SIM_EVENT_BUS_DOWN:
        until_ms = sim->gateways[event->subject].frozen_ms;
        break;
    case SIM_EVENT_SOCKET_IN:
    case SIM_EVENT_SOCKET_WRITABLE:
    case SIM_EVENT_SOCKET_CLOSED:
        until_ms = sim->gateways[sim->sockets[event->subject]->gateway].frozen_ms;
        break;
    case SIM_EVENT_SOCKET_OUT:
    case SIM_EVENT_BROWSER_ACTS:
    case SIM_EVENT_ROOM_WANTED:
    case SIM_EVENT_TROUBLE:
    case SIM_EVENT_START_BROKER:
    case SIM_EVENT_START_GATEWAY:
    case SIM_EVENT_LIMIT:
        break;
    }
    return until_ms > sim->now_ms ? until_ms : 0;
}

static void handle(sim_t *sim, sim_event_t *event)
{
    switch (event->kind) {
    case SIM_EVENT_WAKE_BROKER:
        sim->broker.is_touched = true;
        break;
    case SIM_EVENT_WAKE_GATEWAY:
        sim->gateways[event->subject].is_touched = true;
        break;
    case SIM_EVENT_BUS_UP:
        sim_bus_arrive_up(sim, &sim->gateways[event->subject]);
        break;
    case SIM_EVENT_BUS_DOWN:
        sim_bus_arrive_down(sim, &sim->gateways[event->subject]);
        break;
    case SIM_EVENT_HASHED:
        sim_bus_hashed(sim, event);
        break;
    case SIM_EVENT_COMMITTED:
        sim_bus_committed(sim, event);
        break;
    case SIM_EVENT_SOCKET_IN:
        sim_socket_on_in(sim, sim->sockets[event->subject]);
        break;
    case SIM_EVENT_SOCKET_OUT:
        sim_socket_on_out(sim, sim->sockets[event->subject]);
        break;
    case SIM_EVENT_SOCKET_WRITABLE:
        sim_socket_on_writable(sim, sim->sockets[event->subject]);
        break;
    case SIM_EVENT_SOCKET_CLOSED:
        sim_socket_on_closed(sim, sim->sockets[event->subject]);
        break;
    case SIM_EVENT_BROWSER_ACTS:
        sim_browser_act(sim, &sim->browsers[event->subject]);
        break;
    case SIM_EVENT_ROOM_WANTED:
        sim_request_act(sim, event->subject);
        break;
    case SIM_EVENT_TROUBLE:
        sim_make_trouble(sim);
        break;
    case SIM_EVENT_START_BROKER:
        sim_start_broker(sim);
        break;
    case SIM_EVENT_START_GATEWAY:
        sim_start_gateway(sim, &sim->gateways[event->subject]);
        break;
    case SIM_EVENT_LIMIT:
        break;
    }
}

static void step(sim_t *sim)
{
    sim_event_t event;
    int64_t thaw_ms;

    if (!sim_agenda_take(&sim->agenda, &event))
        return;
    sim->now_ms = event.at_ms;
    thaw_ms = frozen_until(sim, &event);
    if (thaw_ms > 0) {
        event.at_ms = thaw_ms;
        sim_agenda_note(&sim->agenda, &event);
        return;
    }
    handle(sim, &event);
    end_turns(sim);
}

/* --- a run ----------------------------------------------------------------------------------- */

static sim_weather_t draw_weather(sim_random_t *random)
{
    return (sim_weather_t){
        .frame_delay = SIM_PICK(random, 0, 2, 2, 20, 120, 400),
        .socket_delay = SIM_PICK(random, 0, 5, 80),
        .hash_delay = SIM_PICK(random, 1, 30, 300),
        .commit_delay = SIM_PICK(random, 0, 4, 40, 400),
        .act_delay = SIM_PICK(random, 20, 150, 600),
        .trouble_interval = SIM_PICK(random, 0, 2000, 10000),
        .frame_again = (int)SIM_PICK(random, 0, 10, 300),
        .frame_drop = (int)SIM_PICK(random, 0, 0, 2, 20),
        .write_again = (int)SIM_PICK(random, 0, 20, 300),
        .has_deaths = sim_random_chance(random, 500),
    };
}

static void draw_settings(sim_t *sim)
{
    sim_random_t *random = &sim->random;

    mm_settings_defaults(&sim->settings);
    /* Where frames are late, refused and lost at once, three seconds of silence mean nothing. */
    if (sim->weather.frame_delay > 100 || sim->weather.frame_again > 100 ||
        sim->weather.frame_drop > 10)
        sim->settings.link_timeout = HARSH_TIMEOUT_MS;
    sim->settings.link_window = SIM_PICK(random, 8388608, 131072);
    sim->settings.incomplete_limit = SIM_PICK(random, 262144, 4096);
    sim->settings.default_participants = SIM_PICK(random, 3, 5, 8);
    sim->settings.waiting_list = SIM_PICK(random, 2, 50);
    sim->settings.max_rooms = SIM_PICK(random, 10000, 10000, 6);
    sim->settings.hash_queue = SIM_PICK(random, 64, 1);
    sim->settings.password_failures = SIM_PICK(random, 0, 5);
    sim->settings.rate_limit_rooms = SIM_PICK(random, 0, 0, 10, 1);
    sim->settings.rate_limit_guesses = SIM_PICK(random, 0, 0, 20, 1);
    sim->settings.rate_limit_messages = SIM_PICK(random, 50, 50, 5);
    sim->settings.rate_limit_chunks = SIM_PICK(random, 4194304, 65536);
    sim->settings.max_latent_rooms = SIM_PICK(random, 1000, 1);
    /* All browsers come from one address. */
    sim->settings.rate_limit_rooms = sim->settings.rate_limit_guesses = 0;
    for (size_t i = 0; i < SIM_GATEWAYS; i++) {
        sim_gateway_t *gateway = &sim->gateways[i];
        gateway->settings = sim->settings;
        gateway->settings.name = i == 0 ? "zero" : "one";
        gateway->sim = sim;
        gateway->index = i;
        sim_pipe_init(&gateway->up);
        sim_pipe_init(&gateway->down);
    }
}

static void draw_rooms(sim_t *sim)
{
    static const char *const ids[SIM_ROOMS] = {"KEPT01", "KEPT02", "KEPT03",   "KEPT04",
                                               "TEAM42", "ad-hoc", "Ad_hoc-2", "SECRET"};

    for (size_t i = 0; i < SIM_ROOMS; i++) {
        sim_room_t *room = &sim->rooms[i];
        strcpy(room->id, ids[i]);
        if (i == 1 || i == SIM_ROOMS - 1)
            snprintf(room->password, sizeof room->password, "pw-%zu", i);
        if (i < SIM_ROOMS_KEPT)
            room->capacity = SIM_PICK(&sim->random, 0, 2, 3, 10);
    }
    for (size_t i = 0; i < SIM_ROOMS_KEPT; i++)
        sim_note(sim, SIM_EVENT_ROOM_WANTED, i, sim_delay(sim, 500));
}

static zhashx_t *table_of_ids(void)
{
    zhashx_t *table = zhashx_new();

    assert(table != NULL);
    return table;
}

static void free_item(void **item)
{
    free(*item);
    *item = NULL;
}

sim_t *sim_new(uint64_t seed, uint64_t turn_limit, sim_fault_t fault)
{
    sim_t *sim = calloc(1, sizeof *sim);

    assert(sim != NULL);
    sim->seed = seed;
    sim->turn_limit = turn_limit;
    sim->fault = fault;
    sim->random = sim_random(seed);
    sim->history = sim_history_new();
    sim->by_id = table_of_ids();
    sim->left_ids = table_of_ids();
    sim->true_ids = table_of_ids();
    sim->dead = table_of_ids();
    zhashx_set_destructor(sim->dead, free_item);
    sim->seat_count = 1;
    sim->seat_capacity = 64;
    sim->seats = calloc(sim->seat_capacity, sizeof *sim->seats);
    assert(sim->seats != NULL);
    sim->weather = draw_weather(&sim->random);
    draw_settings(sim);
    draw_rooms(sim);
    sim_note(sim, SIM_EVENT_START_BROKER, 0, sim_delay(sim, 300));
    for (size_t i = 0; i < SIM_GATEWAYS; i++)
        sim_note(sim, SIM_EVENT_START_GATEWAY, i, sim_delay(sim, 300));
    for (size_t i = 0; i < SIM_BROWSERS; i++) {
        sim->browsers[i] = (sim_browser_t){.index = i, .socket = SIZE_MAX};
        sim_note(sim, SIM_EVENT_BROWSER_ACTS, i, 400 + sim_delay(sim, 2000));
    }
    if (sim->weather.trouble_interval > 0)
        sim_note(sim, SIM_EVENT_TROUBLE, 0, 1000 + sim_delay(sim, sim->weather.trouble_interval));
    return sim;
}

void sim_destroy(sim_t **sim_p)
{
    sim_t *sim = *sim_p;

    mm_broker_destroy(&sim->broker.core);
    mm_store_memory.close(&sim->broker.store);
    for (size_t i = 0; i < SIM_GATEWAYS; i++) {
        mm_gateway_destroy(&sim->gateways[i].core);
        sim_pipe_clear(&sim->gateways[i].up);
        sim_pipe_clear(&sim->gateways[i].down);
    }
    for (size_t i = 0; i < sim->socket_count; i++)
        sim_socket_destroy(&sim->sockets[i]);
    for (size_t i = 1; i < sim->seat_count; i++) {
        free(sim->seats[i]->chat_ms);
        free(sim->seats[i]->peers);
        free(sim->seats[i]);
    }
    free(sim->sockets);
    free(sim->seats);
    sim_agenda_fini(&sim->agenda);
    sim_history_destroy(&sim->history);
    zhashx_destroy(&sim->by_id);
    zhashx_destroy(&sim->left_ids);
    zhashx_destroy(&sim->true_ids);
    zhashx_destroy(&sim->dead);
    mm_settings_fini(&sim->settings);
    free(sim);
    *sim_p = NULL;
}

static void run_until(sim_t *sim, int64_t until_ms)
{
    while (!sim->has_failed && sim->now_ms < until_ms)
        step(sim);
}

static bool is_anybody_stubborn(const sim_t *sim)
{
    for (size_t i = 0; i < SIM_BROWSERS; i++)
        if (sim->browsers[i].is_stubborn && sim->browsers[i].socket != SIZE_MAX)
            return true;
    return false;
}

/* Nobody does anything more, and what is on its way arrives.  Who neither reads nor answers is thrown out in the end, and until then
 * holds up those who send it chunks; joins behind too many wrong passwords wait for a long time. */
static void rest(sim_t *sim)
{
    int64_t patience_ms = sim->now_ms + PATIENCE_MS;
    int64_t stubborn_ms = sim->now_ms + CHAIN * sim->settings.idle_timeout;
    uint64_t heard;

    sim->is_resting = true;
    sim->weather.frame_again = sim->weather.frame_drop = sim->weather.write_again = 0;
    SIM_SAY(sim, "rest begins");
    while (!sim->has_failed && is_anybody_stubborn(sim) && sim->now_ms < stubborn_ms)
        run_until(sim, sim->now_ms + REST_MS);
    if (!sim->has_failed && is_anybody_stubborn(sim))
        sim_fail(sim, "a browser that neither reads nor answers is still connected");
    do {
        heard = sim->heard + sim_turns(sim);
        run_until(sim, sim->now_ms + REST_MS);
    } while (!sim->has_failed && sim->now_ms < patience_ms &&
             (sim_truth_is_waiting(sim) || heard != sim->heard + sim_turns(sim)));
    if (!sim->has_failed)
        sim_judge_rest(sim);
    if (!sim->has_failed)
        sim_truth_check_rest(sim);
}

bool sim_run(sim_t *sim)
{
    while (!sim->has_failed && sim_turns(sim) < sim->turn_limit) {
        step(sim);
        if (sim->now_ms > ENDLESS_MS)
            sim_fail(sim, "nothing happens any more");
    }
    if (!sim->has_failed)
        rest(sim);
    if (sim->has_failed)
        sim_truth_describe(sim);
    sim_add_up(&sim->totals, &sim->broker.counters);
    for (size_t i = 0; i < SIM_GATEWAYS; i++)
        sim_add_up(&sim->totals, &sim->gateways[i].counters);
    sim->broker.counters = (mm_counters_t){0};
    return !sim->has_failed;
}
