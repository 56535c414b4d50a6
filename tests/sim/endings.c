/* When a connection may be closed, and what must be true when nothing is on its way any more.  See judge.c for the rules.
 * Not here: what is written before a close (news_people.c). */
#include "sim.h"

#include <string.h>

/* --- the end of a connection ------------------------------------------------------------------------------ */

/* Its chunks wait for somebody who takes nothing more. */
static bool is_held_up(const sim_t *sim, const sim_talk_t *talk)
{
    const sim_seat_t *seat = sim_judge_seat(sim, talk->seat);

    for (size_t i = 0; seat != NULL && i < seat->peer_count; i++)
        if (seat->peers[i].chunks_sent > 0 &&
            sim->browsers[sim_judge_seat(sim, seat->peers[i].seat)->browser].is_stubborn)
            return true;
    return false;
}

static bool is_pending_host(const sim_t *sim, const sim_talk_t *talk)
{
    const sim_said_t *join = sim_answers_pending_join(talk);

    return join != NULL && sim_judge_seat(sim, join->seat)->is_host;
}

/* Whoever made its room has asked for the end of it. */
static bool may_have_ended(const sim_t *sim, const sim_talk_t *talk)
{
    const sim_seat_t *seat = sim_judge_seat(sim, talk->seat);
    const sim_said_t *join = sim_answers_pending_join(talk);

    if (seat != NULL && sim->rooms[seat->room].was_ended)
        return true;
    return join != NULL && sim->rooms[sim_judge_seat(sim, join->seat)->room].was_ended;
}

/* Joins that wait behind failures are not read past for a long time, and then the connection is too slow. */
static bool may_be_throttled(const sim_t *sim, int64_t age_ms)
{
    return (sim->settings.password_failures > 0 || sim->settings.rate_limit_guesses > 0) &&
           age_ms >= sim->settings.idle_timeout;
}

static bool may_close(const sim_t *sim, const sim_socket_t *socket, int code)
{
    const sim_talk_t *talk = &socket->talk;
    int64_t age_ms = sim->now_ms - socket->opened_ms;

    switch (code) {
    case 1006:
        return true; /* the gateway died */
    case 1012:
        return sim->gateways[socket->gateway].excused_ms >= sim->now_ms - sim->weather.socket_delay;
    case 1013:
        return socket->is_slow || sim->browsers[socket->browser].is_stubborn ||
               is_held_up(sim, talk) || may_be_throttled(sim, age_ms) ||
               (sim->settings.max_rooms < SIM_ROOMS && sim_answers_pending_join(talk) != NULL);
    case 4002:
        return !talk->has_joined && age_ms >= sim->settings.join_deadline;
    case 4003:
        return talk->kick_told;
    case 4004:
        return talk->reject_told;
    case 4005:
        return talk->end_told || may_have_ended(sim, talk);
    case 1008:
        return talk->may_close == code ||
               (sim->settings.rate_limit_rooms > 0 && is_pending_host(sim, talk));
    default:
        return talk->may_close == code;
    }
}

void sim_judge_close(sim_t *sim, sim_socket_t *socket, int code)
{
    SIM_SAY(sim, "b%zu/%zu is closed: %d", socket->browser, socket->index, code);
    if (!may_close(sim, socket, code))
        sim_fail(sim, "b%zu/%zu was closed with %d for no reason", socket->browser, socket->index,
                 code);
    sim_judge_over(sim, socket);
}

/* --- at rest ------------------------------------------------------------------------------------------------- */

/* Everything that was said between two people who are both still there has arrived. */
static void check_pair(sim_t *sim, sim_seat_t *sender, sim_seat_t *receiver)
{
    const sim_peer_t *sent = sim_judge_find_peer(sender, receiver->serial);
    const sim_peer_t *got = sim_judge_find_peer(receiver, sender->serial);

    if (sent == NULL || got == NULL)
        return;
    if (got->last_relay != sent->relays_sent)
        sim_fail(sim, "%s said %u relays to %s, which got %u", sender->name, sent->relays_sent,
                 receiver->name, got->last_relay);
    else if (got->last_chunk != sent->chunks_sent)
        sim_fail(sim, "%s sent %u chunks to %s, which got %u", sender->name, sent->chunks_sent,
                 receiver->name, got->last_chunk);
    else if (sender->chats > sent->chats_when_met && got->last_chat != sender->chats)
        sim_fail(sim, "%s said %u chats, of which %s got %u", sender->name, sender->chats,
                 receiver->name, got->last_chat);
}

static sim_seat_t *settled_seat(const sim_t *sim, const sim_socket_t *socket)
{
    if (!sim_socket_is_open(socket) || sim->browsers[socket->browser].is_stubborn ||
        socket->talk.state != SIM_SEATED)
        return NULL;
    return sim_judge_seat(sim, socket->talk.seat);
}

void sim_judge_rest(sim_t *sim)
{
    for (size_t i = 0; i < sim->socket_count && !sim->has_failed; i++) {
        sim_socket_t *socket = sim->sockets[i];
        if (!sim_socket_is_open(socket) || sim->browsers[socket->browser].is_stubborn)
            continue;
        sim_answers_rest(sim, socket);
        if (socket->talk.kick_told || socket->talk.reject_told || socket->talk.end_told)
            sim_fail(sim, "b%zu/%zu was sent away and is still connected", socket->browser,
                     socket->index);
        if (socket->talk.may_close != 0)
            sim_fail(sim, "b%zu/%zu should have been closed with %d", socket->browser,
                     socket->index, socket->talk.may_close);
    }
    for (size_t i = 0; i < sim->socket_count; i++)
        for (size_t j = 0; j < sim->socket_count; j++) {
            sim_seat_t *sender = settled_seat(sim, sim->sockets[i]);
            sim_seat_t *receiver = settled_seat(sim, sim->sockets[j]);
            if (sender != NULL && receiver != NULL && sender != receiver && !sim->has_failed)
                check_pair(sim, sender, receiver);
        }
}
