/* What is asked over HTTP: rooms are made, looked at and ended by who made them.  The answers are judged here; what an end means for
 * those inside is judged where they hear of it (judge.c).
 * Not here: HTTP itself (gateway/http.h). */
#include "sim.h"

#include <string.h>

enum { AGAIN_MS = 1000, QUIET_MS = 4000, GATEWAY_AGAIN_MS = 500 };

static const uint8_t address[16] = {[10] = 0xff, [11] = 0xff, [12] = 10};

static void ask(sim_t *sim, sim_gateway_t *gateway, sim_request_t *request, mm_msg_t msg,
                const void *message)
{
    request->msg = msg;
    request->is_pending = true;
    request->gateway = gateway->index;
    request->epoch = sim->broker.epoch;
    request->must_be_there = sim->rooms[request->room].is_certain;
    mm_gateway_ask(gateway->core, request, msg, message, sim->now_ms, sim_clock(sim, gateway));
    gateway->is_touched = true;
}

static void make(sim_t *sim, sim_gateway_t *gateway, sim_room_t *room, sim_request_t *request)
{
    struct mm_create_room wish = {.present =
                                      MM_HAS(create_room, room) | MM_HAS(create_room, address),
                                  .room = mm_text(room->id),
                                  .address = {address, sizeof address}};

    if (room->password[0] != '\0') {
        wish.password = mm_text(room->password);
        wish.present |= MM_HAS(create_room, password);
    }
    if (room->capacity != 0) {
        wish.max_participants = room->capacity;
        wish.present |= MM_HAS(create_room, max_participants);
    }
    room->is_wanted = true;
    ask(sim, gateway, request, MM_MSG_CREATE_ROOM, &wish);
}

static void look(sim_t *sim, sim_gateway_t *gateway, const sim_room_t *room, sim_request_t *request)
{
    struct mm_room_status status = {.present =
                                        MM_HAS(room_status, room) | MM_HAS(room_status, address),
                                    .room = mm_text(room->id),
                                    .address = {address, sizeof address}};

    ask(sim, gateway, request, MM_MSG_ROOM_STATUS, &status);
}

/* From now on nothing is certain any more: the room may end at any moment. */
static void doubt(sim_t *sim, size_t index)
{
    sim->rooms[index].is_certain = false;
    sim->rooms[index].was_ended = true;
    for (size_t i = 1; i < sim->seat_count; i++)
        if (sim->seats[i]->room == index)
            sim->seats[i]->was_certain = false;
}

static void end(sim_t *sim, sim_gateway_t *gateway, sim_room_t *room, sim_request_t *request)
{
    struct mm_delete_room wish = {.present = MM_HAS(delete_room, room) |
                                             MM_HAS(delete_room, creator_token) |
                                             MM_HAS(delete_room, address),
                                  .room = mm_text(room->id),
                                  .address = {address, sizeof address}};

    mm_id_parse(mm_text(room->token), &wish.creator_token);
    request->has_wrong_token = sim_random_chance(&sim->random, 300);
    if (request->has_wrong_token)
        wish.creator_token.bytes[0] ^= 1;
    ask(sim, gateway, request, MM_MSG_DELETE_ROOM, &wish);
    if (!request->has_wrong_token)
        doubt(sim, request->room);
}

void sim_request_act(sim_t *sim, size_t index)
{
    sim_gateway_t *gateway =
        sim_live_gateway(sim, (size_t)sim_random_below(&sim->random, SIM_GATEWAYS));
    sim_room_t *room = &sim->rooms[index];
    int64_t again_ms = QUIET_MS;

    if (sim->is_resting)
        return;
    for (size_t i = 0; i < SIM_REQUESTS; i++)
        room->requests[i].room = index;
    if (gateway == NULL)
        again_ms = GATEWAY_AGAIN_MS;
    else if (!room->is_wanted && !room->requests[0].is_pending)
        make(sim, gateway, room, &room->requests[0]);
    else if (!room->requests[1].is_pending && sim_random_chance(&sim->random, 500))
        look(sim, gateway, room, &room->requests[1]);
    else if (!room->requests[2].is_pending && room->is_certain &&
             sim_random_chance(&sim->random, 150))
        end(sim, gateway, room, &room->requests[2]);
    sim_note(sim, SIM_EVENT_ROOM_WANTED, index, 1 + sim_delay(sim, 2 * again_ms));
}

/* --- answers -------------------------------------------------------------------------------- */

static bool was_refused(const mm_room_answer_t *answer)
{
    return answer->err == MM_ERR_UNAVAILABLE || answer->err == MM_ERR_RATE_LIMITED;
}

/* One that exists may be a join's and end with its meeting. */
static void on_made(sim_t *sim, sim_room_t *room, const mm_room_answer_t *answer)
{
    room->is_certain = answer->err == MM_OK;
    if (answer->err == MM_OK) {
        if (!mm_text_is(answer->room, room->id))
            sim_fail(sim, "another room was made than was asked for");
        mm_id_print(&answer->creator_token, room->token);
        room->token[SIM_ID_BYTES - 1] = '\0';
    } else if (was_refused(answer)) {
        room->is_wanted = false;
    } else if (answer->err != MM_ERR_ROOM_EXISTS && answer->err != MM_ERR_TOO_MANY_ROOMS) {
        sim_fail(sim, "a room is not made: %s", mm_err_name(answer->err));
    }
}

static void on_looked(sim_t *sim, const sim_room_t *room, const sim_request_t *request,
                      const mm_room_answer_t *answer)
{
    const struct mm_room_facts *facts = &answer->facts;

    if (answer->err == MM_ERR_ROOM_NOT_FOUND && request->must_be_there && room->is_certain)
        sim_fail(sim, "room %s is there and is not found", room->id);
    if (answer->err != MM_OK)
        return;
    if (!mm_text_is(facts->room, room->id) || facts->participants > facts->max_participants ||
        (facts->is_locked && facts->participants == 0))
        sim_fail(sim, "what is told of room %s cannot be", room->id);
    else if (facts->needs_password != (room->password[0] != '\0'))
        sim_fail(sim, "room %s is said to need a password, or not to", room->id);
}

static void on_ended(sim_t *sim, sim_room_t *room, const sim_request_t *request,
                     const mm_room_answer_t *answer)
{
    if (request->has_wrong_token && answer->err == MM_OK)
        sim_fail(sim, "room %s was ended by somebody who did not make it", room->id);
    else if (!request->has_wrong_token && answer->err == MM_ERR_UNAUTHORIZED &&
             request->epoch == sim->broker.epoch)
        sim_fail(sim, "room %s cannot be ended by who made it", room->id);
    if (answer->err == MM_OK)
        room->is_wanted = false;
}

void sim_request_on_answer(sim_t *sim, sim_request_t *request, const mm_room_answer_t *answer)
{
    sim_room_t *room = &sim->rooms[request->room];

    SIM_SAY(sim, "%s %s: %s", mm_spec(request->msg)->name, room->id, mm_err_name(answer->err));
    if (!request->is_pending)
        sim_fail(sim, "a request is answered twice");
    request->is_pending = false;
    if (request->msg == MM_MSG_CREATE_ROOM)
        on_made(sim, room, answer);
    else if (request->msg == MM_MSG_ROOM_STATUS)
        on_looked(sim, room, request, answer);
    else
        on_ended(sim, room, request, answer);
}
