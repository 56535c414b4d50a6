/* How processes start, freeze, end and die, and what else goes wrong.  A frozen process takes nothing until it thaws; a dead one
 * is thrown away with all it held. */
#include "sim.h"

enum { GRACE_MS = 20000 /* how long the broker may be lost after a trouble */ };

void sim_add_up(mm_counters_t *totals, const mm_counters_t *counters)
{
    uint64_t *to = (uint64_t *)totals;
    const uint64_t *from = (const uint64_t *)counters;

    for (size_t i = 0; i < sizeof *totals / sizeof *to; i++)
        to[i] += from[i];
}

void sim_start_broker(sim_t *sim)
{
    sim_broker_t *broker = &sim->broker;

    if (broker->core != NULL)
        return;
    broker->generation++;
    broker->epoch = (uint64_t)sim_clock(sim, NULL);
    broker->counters = (mm_counters_t){0};
    mm_store_memory.close(&broker->store); /* what is in memory ends with its process */
    mm_store_memory.open("", &broker->store);
    broker->core = mm_broker_new(&sim->settings, &broker->counters, &sim_broker_ops, sim,
                                 broker->epoch, sim->now_ms);
    broker->frozen_ms = 0;
    broker->started_ms = sim->now_ms;
    broker->wake_ms = INT64_MAX;
    broker->is_touched = true;
    SIM_SAY(sim, "broker starts, epoch %" PRIu64, broker->epoch);
    for (size_t i = 0; i < SIM_GATEWAYS; i++)
        if (sim->gateways[i].core != NULL)
            sim_bus_join(sim, &sim->gateways[i]);
    sim_note(sim, SIM_EVENT_WAKE_BROKER, 0, 0);
}

static void excuse_all(sim_t *sim, int64_t for_ms)
{
    for (size_t i = 0; i < SIM_GATEWAYS; i++)
        if (sim->gateways[i].excused_ms < sim->now_ms + for_ms)
            sim->gateways[i].excused_ms = sim->now_ms + for_ms;
}

static void kill_broker(sim_t *sim)
{
    sim_broker_t *broker = &sim->broker;
    int64_t away_ms = sim_delay(sim, 6000);

    if (broker->core == NULL)
        return;
    SIM_SAY(sim, "broker dies");
    if (sim_random_chance(&sim->random, 300))
        mm_broker_say_bye(broker->core);
    mm_broker_destroy(&broker->core);
    sim_add_up(&sim->totals, &broker->counters);
    broker->counters = (mm_counters_t){0};
    broker->generation++;
    for (size_t i = 0; i < SIM_GATEWAYS; i++)
        sim_bus_break(sim, &sim->gateways[i], INT64_MAX);
    zhashx_purge(sim->true_ids);
    for (size_t i = 0; i < SIM_ROOMS; i++) { /* rooms live in the broker's memory */
        sim->rooms[i].is_certain = sim->rooms[i].is_wanted = false;
        sim->rooms[i].token[0] = '\0';
    }
    for (size_t i = 1; i < sim->seat_count; i++)
        sim->seats[i]->was_certain = false;
    excuse_all(sim, away_ms + GRACE_MS);
    sim_note(sim, SIM_EVENT_START_BROKER, 0, away_ms);
}

void sim_start_gateway(sim_t *sim, sim_gateway_t *gateway)
{
    uint64_t incarnation = sim_random_next(&sim->random) | 1;

    if (gateway->core != NULL)
        return;
    gateway->generation++;
    gateway->counters = (mm_counters_t){0};
    gateway->frozen_ms = 0;
    gateway->wake_ms = INT64_MAX;
    gateway->core = mm_gateway_new(&gateway->settings, &gateway->counters, &sim_gateway_ops,
                                   gateway, incarnation);
    gateway->is_touched = true;
    SIM_SAY(sim, "gateway %zu starts", gateway->index);
    if (sim->broker.core != NULL)
        sim_bus_join(sim, gateway);
    sim_note(sim, SIM_EVENT_WAKE_GATEWAY, gateway->index, 0);
}

/* Whoever asked it gets no answer any more. */
static void forget_requests(sim_t *sim, size_t gateway)
{
    for (size_t i = 0; i < SIM_ROOMS; i++)
        for (size_t j = 0; j < SIM_REQUESTS; j++)
            if (sim->rooms[i].requests[j].gateway == gateway)
                sim->rooms[i].requests[j].is_pending = false;
}

static void kill_gateway(sim_t *sim, sim_gateway_t *gateway, bool in_peace)
{
    if (gateway->core == NULL)
        return;
    SIM_SAY(sim, "gateway %zu %s", gateway->index, in_peace ? "ends" : "dies");
    if (in_peace) {
        excuse_all(sim, GRACE_MS);
        mm_gateway_close_all(gateway->core, 1012, "restart");
        mm_gateway_say_bye(gateway->core);
        sim_bus_arrive_up(sim, gateway);
    }
    forget_requests(sim, gateway->index);
    for (size_t i = 0; i < sim->socket_count; i++)
        if (sim->sockets[i]->gateway == gateway->index &&
            sim->sockets[i]->generation == gateway->generation)
            sim_socket_gateway_died(sim, sim->sockets[i]);
    sim_truth_note_death(sim, gateway);
    mm_gateway_destroy(&gateway->core);
    sim_add_up(&sim->totals, &gateway->counters);
    gateway->counters = (mm_counters_t){0};
    gateway->generation++;
    sim_bus_break(sim, gateway,
                  sim_random_chance(&sim->random, 500) ? sim->now_ms + sim_delay(sim, 200)
                                                       : INT64_MAX);
    sim_note(sim, SIM_EVENT_START_GATEWAY, gateway->index, sim_delay(sim, 6000));
}

static void freeze(sim_t *sim, int64_t *frozen_ms, const char *who)
{
    int64_t for_ms = SIM_PICK(&sim->random, 200, 1000, 2500, 4000, 8000);

    *frozen_ms = sim->now_ms + for_ms;
    SIM_SAY(sim, "%s freezes for %" PRId64 " ms", who, for_ms);
    excuse_all(sim, for_ms + GRACE_MS);
}

/* A broker that sees a route end gives its gateway up; one that does not must go on as if nothing had been, unless the next
 * break comes before either side can have noticed this one. */
static void break_bus(sim_t *sim, sim_gateway_t *gateway)
{
    bool is_noticed = sim_random_chance(&sim->random, 300);

    SIM_SAY(sim, "bus connection of gateway %zu breaks%s", gateway->index,
            is_noticed ? ", which the broker sees" : "");
    if (is_noticed || sim->now_ms - gateway->broken_ms < 2 * sim->settings.link_timeout)
        excuse_all(sim, GRACE_MS);
    gateway->broken_ms = sim->now_ms;
    sim_bus_break(sim, gateway, is_noticed ? sim->now_ms + sim_delay(sim, 1000) : INT64_MAX);
    sim_bus_join(sim, gateway);
}

void sim_make_trouble(sim_t *sim)
{
    sim_gateway_t *gateway = &sim->gateways[sim_random_below(&sim->random, SIM_GATEWAYS)];
    int64_t kind = sim_random_below(&sim->random, sim->weather.has_deaths ? 10 : 5);

    if (sim->is_resting)
        return;
    if (kind < 5 && gateway->core != NULL && sim->broker.core != NULL) {
        break_bus(sim, gateway);
    } else if (kind == 5 && sim->broker.core != NULL) {
        freeze(sim, &sim->broker.frozen_ms, "broker");
    } else if (kind == 6 && gateway->core != NULL) {
        freeze(sim, &gateway->frozen_ms, gateway->index == 0 ? "gateway 0" : "gateway 1");
    } else if (kind == 7) {
        gateway->skew_ms = sim_delay(sim, 400) - 200;
    } else if (kind == 8) {
        kill_gateway(sim, gateway, sim_random_chance(&sim->random, 300));
    } else if (kind == 9) {
        kill_broker(sim);
    }
    sim_note(sim, SIM_EVENT_TROUBLE, 0, sim_delay(sim, 2 * sim->weather.trouble_interval));
}

sim_gateway_t *sim_live_gateway(sim_t *sim, size_t index)
{
    sim_gateway_t *gateway = &sim->gateways[index];

    return gateway->core == NULL || gateway->frozen_ms > sim->now_ms ? NULL : gateway;
}
