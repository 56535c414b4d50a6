/* The truth, against which the judge's knowledge is held: who sits where according to the registry, after each turn of the broker's
 * loop; and at rest, whether every browser knows exactly that and nothing is left half done in any core.
 * The only file here that looks into the cores. */
#include "sim.h"

#include "broker/broker.h"
#include "gateway/gateway.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE_MAX = 256, DEATH_NOTICED_MS = 1500 };

typedef struct person {
    char id[SIM_ID_BYTES], room[MM_ROOM_ID_MAX + 1];
    mm_registry_person_t facts; /* its views are not to be used any more */
} person_t;

typedef struct census {
    sim_t *sim;
    person_t people[PEOPLE_MAX];
    size_t count, seated, waiting;
} census_t;

static void add_person(void *ctx, const mm_registry_person_t *facts)
{
    census_t *census = ctx;
    person_t *person = &census->people[census->count++];

    assert(census->count < PEOPLE_MAX);
    person->facts = *facts;
    mm_id_print(&facts->id, person->id);
    person->id[SIM_ID_BYTES - 1] = '\0';
    snprintf(person->room, sizeof person->room, "%.*s", (int)facts->room.len, facts->room.ptr);
    if (facts->is_waiting)
        census->waiting++;
    else
        census->seated++;
}

static census_t *take_census(sim_t *sim)
{
    static census_t census;

    census.sim = sim;
    census.count = census.seated = census.waiting = 0;
    mm_registry_each(mm_broker_registry(sim->broker.core), add_person, &census);
    return &census;
}

/* --- always -------------------------------------------------------------------------------------- */

/* People of one room stand in a row. */
static void check_room(sim_t *sim, const person_t *first, const person_t *end)
{
    size_t seated = 0, moderators = 0, waiting = 0;

    for (const person_t *person = first; person < end; person++) {
        waiting += person->facts.is_waiting;
        seated += !person->facts.is_waiting;
        moderators += !person->facts.is_waiting && person->facts.is_moderator;
    }
    if (seated > first->facts.capacity)
        sim_fail(sim, "%zu people sit in room %s, which takes %zu", seated, first->room,
                 first->facts.capacity);
    else if (seated > 0 && moderators == 0)
        sim_fail(sim, "room %s has people and no moderator", first->room);
    else if (waiting > 0 && (seated == 0 || !first->facts.room_locked))
        sim_fail(sim, "people wait at room %s, which is open or empty", first->room);
}

static void check_rooms(const census_t *census)
{
    const person_t *end = census->people + census->count;

    for (const person_t *first = census->people; first < end;) {
        const person_t *next = first;
        while (next < end && strcmp(next->room, first->room) == 0)
            next++;
        check_room(census->sim, first, next);
        first = next;
    }
}

static void check_unique(const census_t *census)
{
    for (size_t i = 0; i < census->count; i++)
        for (size_t j = 0; j < i; j++) {
            const person_t *a = &census->people[i], *b = &census->people[j];
            if (mm_id_equal(&a->facts.id, &b->facts.id))
                sim_fail(census->sim, "%s is in the truth twice", a->id);
            else if (mm_contact_equal(&a->facts.contact, &b->facts.contact))
                sim_fail(census->sim, "%s and %s have one connection", a->id, b->id);
        }
}

/* An id that was seated or waiting and is gone must never come back. */
static void check_ids(sim_t *sim, const census_t *census)
{
    static char is_here;
    zlistx_t *before;

    for (size_t i = 0; i < census->count; i++) {
        const char *id = census->people[i].id;
        if (zhashx_lookup(sim->left_ids, id) != NULL)
            sim_fail(sim, "%s had left and is back", id);
        zhashx_update(sim->true_ids, id, &is_here);
    }
    if (zhashx_size(sim->true_ids) == census->count)
        return;
    before = zhashx_keys(sim->true_ids);
    for (const char *id = zlistx_first(before); id != NULL; id = zlistx_next(before)) {
        bool is_there = false;
        for (size_t i = 0; i < census->count && !is_there; i++)
            is_there = strcmp(census->people[i].id, id) == 0;
        if (!is_there) {
            zhashx_insert(sim->left_ids, id, &is_here);
            zhashx_delete(sim->true_ids, id);
        }
    }
    zlistx_destroy(&before);
}

static void check_counters(sim_t *sim, const census_t *census)
{
    const mm_counters_t *counters = &sim->broker.counters;

    if (counters->participants != census->seated || counters->waiting != census->waiting)
        sim_fail(sim,
                 "counted %" PRIu64 " people and %" PRIu64 " waiting, but %zu and %zu there are",
                 counters->participants, counters->waiting, census->seated, census->waiting);
    else if (counters->joins - counters->leaves != census->seated)
        sim_fail(sim, "joins and leaves do not make the number of people");
    else if (counters->rooms_created - counters->rooms_ended != counters->rooms)
        sim_fail(sim, "rooms made and ended do not make the number of rooms");
}

/* A gateway that died takes its people with it, as soon as its silence can be noticed. */
static void check_dead(sim_t *sim, const census_t *census)
{
    char key[24];

    for (size_t i = 0; i < census->count; i++) {
        const int64_t *died_ms;
        int64_t since_ms;
        snprintf(key, sizeof key, "%" PRIu64, census->people[i].facts.contact.incarnation);
        died_ms = zhashx_lookup(sim->dead, key);
        if (died_ms == NULL)
            continue;
        since_ms = *died_ms > sim->broker.frozen_ms ? *died_ms : sim->broker.frozen_ms;
        if (sim->now_ms - since_ms > sim->settings.link_timeout + DEATH_NOTICED_MS)
            sim_fail(sim, "%s sits at a gateway that died", census->people[i].id);
    }
}

void sim_truth_note_death(sim_t *sim, const sim_gateway_t *gateway)
{
    int64_t *died_ms = malloc(sizeof *died_ms);
    char key[24];

    assert(died_ms != NULL);
    *died_ms = sim->now_ms;
    snprintf(key, sizeof key, "%" PRIu64, gateway->core->incarnation);
    zhashx_update(sim->dead, key, died_ms);
}

void sim_truth_check(sim_t *sim)
{
    const census_t *census = take_census(sim);

    check_rooms(census);
    check_unique(census);
    check_ids(sim, census);
    check_counters(sim, census);
    check_dead(sim, census);
}

/* --- at rest: everybody knows it -------------------------------------------------------------------- */

static bool is_judged(const sim_t *sim, const sim_socket_t *socket)
{
    return sim_socket_is_open(socket) && !sim->browsers[socket->browser].is_stubborn;
}

static void check_own(sim_t *sim, const person_t *person, const sim_seat_t *seat,
                      const sim_talk_t *talk)
{
    sim_state_t state = person->facts.is_waiting ? SIM_WAITING : SIM_SEATED;

    if (talk->state != state || talk->seat != seat->serial)
        sim_fail(sim, "%s believes to be elsewhere (state %d, seat %zu)", seat->name,
                 (int)talk->state, talk->seat);
    else if (strcmp(person->room, sim->rooms[seat->room].id) != 0)
        sim_fail(sim, "%s is in room %s and asked for %s", seat->name, person->room,
                 sim->rooms[seat->room].id);
    else if (state == SIM_WAITING)
        return;
    else if (seat->is_moderator != person->facts.is_moderator)
        sim_fail(sim, "%s does not know whether it is moderator", seat->name);
    else if (seat->is_locked != person->facts.room_locked)
        sim_fail(sim, "%s does not know whether the room is locked", seat->name);
    else if ((strcmp(seat->recorder, person->id) == 0) != person->facts.is_recorder)
        sim_fail(sim, "%s does not know whether it is recorder", seat->name);
}

/* What `viewer` was told of `person`, who is in the same room. */
static void check_view(sim_t *sim, sim_seat_t *viewer, const person_t *person)
{
    const sim_seat_t *seat = sim_judge_find(sim, person->id);
    const sim_peer_t *peer = seat == NULL ? NULL : sim_judge_peer(viewer, seat->serial);
    const mm_registry_person_t *facts = &person->facts;

    if (seat == NULL || (!facts->is_waiting && !peer->is_present))
        sim_fail(sim, "%s does not know of %s", viewer->name, person->id);
    else if (facts->is_waiting && viewer->is_moderator && !peer->is_waiting)
        sim_fail(sim, "%s does not know that %s waits", viewer->name, seat->name);
    else if (!facts->is_waiting &&
             (peer->is_moderator != facts->is_moderator || peer->is_muted != facts->is_muted ||
              peer->is_video_off != facts->is_video_off ||
              peer->is_hand_raised != facts->is_hand_raised))
        sim_fail(sim, "%s sees %s otherwise than it is", viewer->name, seat->name);
    else if (!facts->is_waiting &&
             (strcmp(viewer->recorder, person->id) == 0) != facts->is_recorder)
        sim_fail(sim, "%s does not know whether %s records", viewer->name, seat->name);
}

/* Whoever is believed to record is in the room and does. */
static void check_recorder(sim_t *sim, const census_t *census, const person_t *who,
                           const sim_seat_t *viewer)
{
    for (size_t i = 0; i < census->count; i++) {
        const person_t *person = &census->people[i];
        if (strcmp(person->room, who->room) == 0 && strcmp(person->id, viewer->recorder) == 0 &&
            person->facts.is_recorder)
            return;
    }
    if (viewer->recorder[0] != '\0')
        sim_fail(sim, "%s believes that somebody records who does not", viewer->name);
}

static void check_roster(sim_t *sim, const census_t *census, const person_t *who,
                         sim_seat_t *viewer)
{
    size_t present = 0, others = 0;

    for (size_t i = 0; i < census->count; i++) {
        const person_t *person = &census->people[i];
        if (person == who || strcmp(person->room, who->room) != 0)
            continue;
        others += !person->facts.is_waiting;
        check_view(sim, viewer, person);
    }
    check_recorder(sim, census, who, viewer);
    for (size_t i = 0; i < viewer->peer_count; i++)
        present += viewer->peers[i].is_present;
    if (present != others && !sim->has_failed)
        sim_fail(sim, "%s sees %zu others, but there are %zu", viewer->name, present, others);
}

static bool is_listed(const census_t *census, const sim_seat_t *seat)
{
    for (size_t i = 0; i < census->count; i++)
        if (strcmp(census->people[i].id, seat->id) == 0)
            return true;
    return false;
}

static void check_believers(sim_t *sim, const census_t *census)
{
    for (size_t i = 0; i < sim->socket_count; i++) {
        const sim_socket_t *socket = sim->sockets[i];
        if (is_judged(sim, socket) && socket->talk.state != SIM_STRANGER &&
            !is_listed(census, sim_judge_seat(sim, socket->talk.seat)))
            sim_fail(sim, "b%zu/%zu believes to be in a room and is not", socket->browser, i);
    }
}

static void check_people(sim_t *sim, const census_t *census)
{
    for (size_t i = 0; i < census->count; i++) {
        const person_t *person = &census->people[i];
        sim_seat_t *seat = sim_judge_find(sim, person->id);
        const sim_socket_t *socket = seat == NULL ? NULL : sim->sockets[seat->socket];
        if (seat == NULL)
            sim_fail(sim, "nobody was told of %s", person->id);
        else if (!sim_socket_is_open(socket))
            sim_fail(sim, "%s is in the room, but its connection is closed", seat->name);
        if (seat == NULL || !is_judged(sim, socket))
            continue;
        check_own(sim, person, seat, &socket->talk);
        if (!person->facts.is_waiting)
            check_roster(sim, census, person, seat);
    }
    check_believers(sim, census);
}

/* --- at rest: nothing is left half done ---------------------------------------------------------------- */

static void check_link(sim_t *sim, const mm_link_t *link, const char *whose)
{
    if (!link->is_up)
        sim_fail(sim, "%s: no session", whose);
    else if (link->window.first != link->window.next || link->window.bytes != 0)
        sim_fail(sim, "%s: %" PRIu64 " entries are not complete", whose,
                 link->window.next - link->window.first);
    else if (link->acks.count != 0 || link->acks.mark != link->received)
        sim_fail(sim, "%s: received entries are not complete", whose);
}

static void check_connection(sim_t *sim, const mm_connection_t *connection)
{
    const sim_socket_t *socket = connection->socket;

    if (sim->browsers[socket->browser].is_stubborn)
        return;
    if (connection->pauses != 0 || !socket->is_read)
        sim_fail(sim, "connection %zu is not read (%u)", socket->index, connection->pauses);
    else if (connection->incomplete != 0)
        sim_fail(sim, "connection %zu has %zu bytes under way", socket->index,
                 connection->incomplete);
    else if (connection->held_first != NULL)
        sim_fail(sim, "connection %zu holds a chunk", socket->index);
    else if (connection->control.count + connection->chunks.count != 0)
        sim_fail(sim, "connection %zu has something queued", socket->index);
    else if (connection->is_closing)
        sim_fail(sim, "connection %zu is closing for ever", socket->index);
}

static size_t open_connections(const sim_t *sim, const sim_gateway_t *gateway)
{
    size_t count = 0;

    for (size_t i = 0; i < sim->socket_count; i++)
        count += sim->sockets[i]->connection != NULL &&
                 sim->sockets[i]->gateway == gateway->index &&
                 sim->sockets[i]->generation == gateway->generation;
    return count;
}

static void check_gateway(sim_t *sim, sim_gateway_t *gateway)
{
    mm_gateway_t *core = gateway->core;

    check_link(sim, &core->link, gateway->index == 0 ? "gateway 0" : "gateway 1");
    if (zhashx_size(core->requests) != 0)
        sim_fail(sim, "a request waits at gateway %zu", gateway->index);
    if (gateway->counters.connections != zhashx_size(core->by_number) ||
        gateway->counters.connections != open_connections(sim, gateway))
        sim_fail(sim, "gateway %zu counts its connections wrongly", gateway->index);
    for (const mm_connection_t *connection = core->connections; connection != NULL;
         connection = connection->next)
        check_connection(sim, connection);
}

static bool has_connection(const sim_t *sim, mm_contact_t contact)
{
    for (size_t i = 0; i < SIM_GATEWAYS; i++)
        if (sim->gateways[i].core->incarnation == contact.incarnation)
            return mm_connection_find(sim->gateways[i].core, contact.connection) != NULL;
    return false;
}

static void check_contact(void *ctx, mm_contact_t contact)
{
    sim_t *sim = ctx;

    if (!has_connection(sim, contact))
        sim_fail(sim, "the registry remembers a connection that is closed");
}

static void check_mailboxes(sim_t *sim, const mm_peer_t *peer)
{
    for (const mm_mailbox_t *mailbox = zhashx_first(peer->mailboxes); mailbox != NULL;
         mailbox = zhashx_next(peer->mailboxes)) {
        mm_contact_t contact = {peer->incarnation, mailbox->connection};
        if (mailbox->is_busy || mailbox->current != NULL || mailbox->first != NULL)
            sim_fail(sim, "a mailbox is busy");
        else if (!has_connection(sim, contact))
            sim_fail(sim, "a connection is closed, but its mailbox stays");
    }
}

static void check_broker(sim_t *sim)
{
    const mm_broker_t *core = sim->broker.core;

    if (core->peer_count != SIM_GATEWAYS || sim->broker.counters.gateways != SIM_GATEWAYS)
        sim_fail(sim, "the broker has %zu gateways", core->peer_count);
    else if (zlistx_size(core->pending) + zhashx_size(core->pending_rooms) +
                 zlistx_size(core->proofs) + zhashx_size(core->hashing) !=
             0)
        sim_fail(sim, "something waits for a helper");
    for (size_t i = 0; i < core->peer_count && !sim->has_failed; i++) {
        check_link(sim, &core->peers[i]->link, core->peers[i]->name);
        check_mailboxes(sim, core->peers[i]);
    }
    mm_registry_each_contact(core->registry, check_contact, sim);
}

bool sim_truth_is_waiting(const sim_t *sim)
{
    return sim->broker.core != NULL && zlistx_size(sim->broker.core->proofs) > 0;
}

/* --- for whoever reads a failure ------------------------------------------------------------------------ */

static void describe_link(sim_t *sim, const mm_link_t *link, const char *whose)
{
    SIM_SAY(sim,
            "%s: session %" PRIu64 " %s, said %" PRIu64 " sent %" PRIu64 " complete to %" PRIu64
            ", cost %" PRIu64 " of %" PRIu64 ", received %" PRIu64 " acked to %" PRIu64,
            whose, link->session, link->is_up ? "up" : "down", link->window.next - 1,
            link->window.unsent - 1, link->window.first - 1, link->window.cost, link->granted,
            link->received, link->acks.mark);
}

void sim_truth_describe(sim_t *sim)
{
    const mm_broker_t *broker = sim->broker.core;

    for (size_t i = 0; i < SIM_GATEWAYS; i++) {
        const mm_gateway_t *core = sim->gateways[i].core;
        if (core == NULL)
            continue;
        describe_link(sim, &core->link, i == 0 ? "gateway 0" : "gateway 1");
        for (const mm_connection_t *connection = core->connections; connection != NULL;
             connection = connection->next)
            SIM_SAY(sim, "  connection %zu: pauses %u, %zu bytes under way, %u + %u queued",
                    ((const sim_socket_t *)connection->socket)->index, connection->pauses,
                    connection->incomplete, connection->control.count, connection->chunks.count);
    }
    if (broker == NULL)
        return;
    SIM_SAY(sim, "broker: %zu transactions, %zu proofs, %zu hashes", zlistx_size(broker->pending),
            zlistx_size(broker->proofs), zhashx_size(broker->hashing));
    for (size_t i = 0; i < broker->peer_count; i++)
        describe_link(sim, &broker->peers[i]->link, broker->peers[i]->name);
}

void sim_truth_check_rest(sim_t *sim)
{
    const census_t *census = take_census(sim);

    sim_truth_check(sim);
    check_people(sim, census);
    for (size_t i = 0; i < SIM_GATEWAYS && !sim->has_failed; i++)
        check_gateway(sim, &sim->gateways[i]);
    if (!sim->has_failed)
        check_broker(sim);
}
