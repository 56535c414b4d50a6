/* The registry: rooms, connections, ids that are gone; and the frame around a turn: who speaks, check, find the
 * room, run, answer, settle.
 * Not here: rooms by id and what follows from a turn for them (broker/directory.c), what a message does to a room
 * (broker/room*.c). */
#include "broker/registry.h"

#include "broker/admin.h"
#include "broker/directory.h"
#include "broker/dispatch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct mm_registry {
    const mm_settings_t *settings;
    mm_counters_t *counters;
    mm_directory_t *rooms;
    mm_contacts_t *contacts;
    mm_gone_t *gone;
};

mm_registry_t *mm_registry_new(const mm_settings_t *settings, mm_counters_t *counters)
{
    mm_registry_t *registry = calloc(1, sizeof *registry);

    assert(registry != NULL);
    registry->settings = settings;
    registry->counters = counters;
    registry->rooms = mm_directory_new(settings, counters);
    registry->contacts = mm_contacts_new();
    registry->gone = mm_gone_new((size_t)settings->gone_per_room, (size_t)settings->gone_total,
                                 settings->gone_memory);
    return registry;
}

void mm_registry_destroy(mm_registry_t **registry_p)
{
    mm_registry_t *registry = *registry_p;

    if (registry == NULL)
        return;
    mm_directory_destroy(&registry->rooms);
    mm_contacts_destroy(&registry->contacts);
    mm_gone_destroy(&registry->gone);
    free(registry);
    *registry_p = NULL;
}

/* --- passwords --------------------------------------------------------------------------------- */

/* Whether the room will be gone when this contact, who joins it anew, has left it. */
static bool ends_with(const mm_room_t *room, mm_contact_t contact)
{
    return !room->is_kept && room->seats.count == 1 &&
           mm_contact_equal(&room->seats.list[0].contact, &contact);
}

/* The limit of rooms is not asked here: leaving first may free a place, and then a room would be made
 * without its password. */
static mm_proof_kind_t join_needs(const mm_registry_t *registry, mm_contact_t contact,
                                  const struct mm_join *join, mm_password_t *against)
{
    mm_room_id_t id;

    if (!mm_room_id_read(join->room, &id))
        return MM_PROOF_NONE;
    const mm_room_t *room = mm_directory_find(registry->rooms, id.text);
    if (room == NULL || ends_with(room, contact))
        return join->is_host && join->password.len > 0 ? MM_PROOF_MADE : MM_PROOF_NONE;
    *against = room->facts.password;
    return room->facts.password.is_set ? MM_PROOF_WRONG : MM_PROOF_NONE;
}

static mm_proof_kind_t create_needs(const mm_registry_t *registry,
                                    const struct mm_create_room *wish)
{
    mm_room_id_t id;

    if (wish->password.len == 0)
        return MM_PROOF_NONE;
    if (wish->room.len > 0 && mm_room_id_read(wish->room, &id) &&
        mm_directory_find(registry->rooms, id.text) != NULL)
        return MM_PROOF_NONE;
    return MM_PROOF_MADE;
}

mm_proof_kind_t mm_registry_needs_proof(const mm_registry_t *registry, const mm_input_t *input,
                                        mm_text_t *secret, mm_password_t *against)
{
    const mm_place_t *place = mm_contacts_find(registry->contacts, input->contact);
    mm_msg_t msg = input->spec->msg;
    mm_message_t message;
    mm_fault_t fault;

    *secret = (mm_text_t){"", 0};
    if ((msg != MM_MSG_JOIN && msg != MM_MSG_CREATE_ROOM) || (place != NULL && place->is_ended))
        return MM_PROOF_NONE;
    if (mm_message_read(input->spec, input->body, &message, &fault) != MM_OK)
        return MM_PROOF_NONE;
    if (msg == MM_MSG_CREATE_ROOM) {
        *secret = message.create_room.password;
        return create_needs(registry, &message.create_room);
    }
    if (message.join.password.len > 0)
        *secret = message.join.password;
    return join_needs(registry, input->contact, &message.join, against);
}

bool mm_registry_makes_room(const mm_registry_t *registry, const mm_input_t *input)
{
    const mm_place_t *place;
    mm_message_t message;
    mm_room_id_t id;
    mm_fault_t fault;

    if (input->spec->msg != MM_MSG_JOIN)
        return input->spec->msg == MM_MSG_CREATE_ROOM;
    place = mm_contacts_find(registry->contacts, input->contact);
    if ((place != NULL && place->is_ended) ||
        mm_message_read(input->spec, input->body, &message, &fault) != MM_OK ||
        !message.join.is_host || !mm_room_id_read(message.join.room, &id))
        return false;
    const mm_room_t *room = mm_directory_find(registry->rooms, id.text);
    return room == NULL || ends_with(room, input->contact);
}

static bool is_same_password(const mm_password_t *a, const mm_password_t *b)
{
    return memcmp(a->salt, b->salt, sizeof a->salt) == 0 &&
           memcmp(a->hash, b->hash, sizeof a->hash) == 0;
}

/* Whether what was hashed is what must be known now. */
static bool proof_fits(const mm_proof_t *proof, mm_proof_kind_t needed,
                       const mm_password_t *against)
{
    switch (needed) {
    case MM_PROOF_MADE:
        return proof->kind == MM_PROOF_MADE;
    case MM_PROOF_WRONG:
    case MM_PROOF_RIGHT:
        return (proof->kind == MM_PROOF_RIGHT || proof->kind == MM_PROOF_WRONG) &&
               is_same_password(&proof->password, against);
    case MM_PROOF_NONE:
        break;
    }
    return true;
}

/* --- before the handler ------------------------------------------------------------------------- */

static unsigned role_of(const mm_room_t *room, const mm_id_t *id)
{
    const mm_person_t *seat = mm_room_find_seat(room, id);

    if (seat == NULL)
        return MM_ROLE_WAITING;
    return seat->is_moderator ? MM_ROLE_MODERATOR : MM_ROLE_MEMBER;
}

static void place_sender(const mm_registry_t *registry, mm_turn_t *turn, const mm_place_t *place)
{
    turn->role = MM_ROLE_STRANGER;
    if (place == NULL)
        return;
    turn->room = mm_directory_find(registry->rooms, place->room);
    assert(turn->room != NULL);
    turn->from = place->person;
    turn->role = role_of(turn->room, &turn->from);
}

/* A join on a joined or waiting connection leaves first, whatever becomes of the join. */
static void leave_first(mm_registry_t *registry, mm_turn_t *turn)
{
    if (turn->role == MM_ROLE_STRANGER)
        return;
    mm_room_depart(turn);
    mm_turn_unbind(turn, turn->input->contact);
    mm_directory_settle(registry->rooms, turn->room, mm_turn_now_ms(turn), turn->outbox);
    turn->room = NULL;
    turn->from = (mm_id_t){0};
    turn->role = MM_ROLE_STRANGER;
}

static mm_err_t prepare_join(mm_registry_t *registry, mm_turn_t *turn)
{
    const struct mm_join *join = &turn->msg.join;
    mm_password_t against = {0};
    mm_room_id_t id;

    if (!proof_fits(&turn->input->proof, join_needs(registry, turn->input->contact, join, &against),
                    &against))
        return MM_ERR_AGAIN;
    if (!mm_room_id_read(join->room, &id))
        return MM_ERR_INVALID_MESSAGE;
    leave_first(registry, turn);
    turn->room = mm_directory_find(registry->rooms, id.text);
    if (turn->room != NULL)
        return MM_OK;
    if (!join->is_host)
        return MM_ERR_ROOM_NOT_FOUND;
    if (!mm_directory_may_add(registry->rooms))
        return MM_ERR_TOO_MANY_ROOMS;
    turn->room = mm_directory_add_ad_hoc(registry->rooms, &id);
    mm_room_begin_ad_hoc(turn);
    return MM_OK;
}

/* The id that was asked for, or the first candidate that is free. */
static mm_err_t choose_id(const mm_registry_t *registry, const mm_turn_t *turn, mm_room_id_t *id)
{
    mm_text_t wish = turn->msg.create_room.room;
    mm_text_t candidates = turn->input->stamp.candidates;

    if (wish.len > 0) {
        if (!mm_room_id_read(wish, id))
            return MM_ERR_INVALID_MESSAGE;
        return mm_directory_find(registry->rooms, id->text) != NULL ? MM_ERR_ROOM_EXISTS : MM_OK;
    }
    for (size_t i = 0; i + MM_ROOM_ID_CHARS <= candidates.len; i += MM_ROOM_ID_CHARS)
        if (mm_room_id_read((mm_text_t){candidates.ptr + i, MM_ROOM_ID_CHARS}, id) &&
            mm_directory_find(registry->rooms, id->text) == NULL)
            return MM_OK;
    return MM_ERR_ROOM_EXISTS;
}

static mm_err_t prepare_create(mm_registry_t *registry, mm_turn_t *turn)
{
    mm_creator_t creator = mm_latent_creator(turn->msg.create_room.address);
    mm_proof_kind_t needed = create_needs(registry, &turn->msg.create_room);
    mm_room_id_t id;

    if (!proof_fits(&turn->input->proof, needed, NULL))
        return MM_ERR_AGAIN;
    mm_err_t err = mm_room_check_wish(turn);
    if (err == MM_OK)
        err = choose_id(registry, turn, &id);
    if (err != MM_OK)
        return err;
    if (!mm_directory_may_add_for(registry->rooms, &creator))
        return MM_ERR_TOO_MANY_ROOMS;
    turn->room = mm_directory_add_kept(registry->rooms, &id, &creator);
    return MM_OK;
}

/* Those who name a room and are in none. */
static bool means_room(mm_msg_t msg)
{
    return mm_admin_means_room(msg) || mm_room_is_rest(msg);
}

static mm_err_t prepare_outsider(mm_registry_t *registry, mm_turn_t *turn)
{
    char id[MM_ROOM_ID_MAX + 1];

    if (turn->role != MM_ROLE_STRANGER)
        return MM_ERR_MALFORMED; /* as below */
    if (!means_room(turn->input->spec->msg))
        return MM_OK;
    mm_text_t meant = mm_registry_room_meant(turn->input, id);
    turn->room = mm_directory_find(registry->rooms, meant.ptr);
    return turn->room != NULL ? MM_OK : MM_ERR_ROOM_NOT_FOUND;
}

/* Too many of its address, the core says. */
static mm_err_t refuse_limited(mm_registry_t *registry, mm_turn_t *turn)
{
    if (turn->input->spec->msg == MM_MSG_JOIN)
        leave_first(registry, turn);
    return MM_ERR_RATE_LIMITED;
}

/* The entries that choose their room. */
static mm_err_t prepare(mm_registry_t *registry, mm_turn_t *turn)
{
    if (turn->input->wait_ms > 0)
        return refuse_limited(registry, turn);
    if (turn->input->spec->msg == MM_MSG_JOIN)
        return prepare_join(registry, turn);
    if (turn->input->spec->senders == MM_BY_ADMIN || mm_room_is_rest(turn->input->spec->msg))
        return prepare_outsider(registry, turn);
    if (turn->input->spec->msg != MM_MSG_CREATE_ROOM)
        return MM_OK;
    /* Its connection is a request, never a seat; a gateway that mixes them up must not make a room move. */
    return turn->role == MM_ROLE_STRANGER ? prepare_create(registry, turn) : MM_ERR_MALFORMED;
}

/* --- the turn ------------------------------------------------------------------------------------ */

static void answer(mm_turn_t *turn, mm_err_t err)
{
    mm_contact_t contact = turn->input->contact;

    turn->counters->refused[err]++;
    if (err == MM_ERR_TARGET_GONE)
        turn->counters->target_gone++;
    if (turn->input->spec->rate == MM_RATE_CHUNK)
        mm_room_free_credit(turn);
    if (turn->input->spec->msg == MM_MSG_CREATE_ROOM) {
        struct mm_room_created created = {.error = err, .wait = turn->input->wait_ms};
        if (err == MM_ERR_RATE_LIMITED)
            created.present = MM_HAS(room_created, wait);
        mm_turn_say_to(turn, contact, MM_MSG_ROOM_CREATED, &created, NULL);
    } else if (turn->input->spec->senders == MM_BY_ADMIN) {
        mm_admin_refuse(turn, err);
    } else if (mm_room_is_rest(turn->input->spec->msg)) {
        mm_room_refuse_rest(turn, err);
    } else if (err == MM_ERR_TOO_MANY_ROOMS) {
        /* No error of the reference says this; "try later" is what 1013 means. */
        mm_turn_close(turn, contact, MM_CLOSE_OVERLOADED, "Too many rooms");
    } else if (err == MM_ERR_RATE_LIMITED) {
        mm_turn_close(turn, contact, MM_CLOSE_POLICY, "Too many rooms");
    } else if (*mm_err_code(err) != 0) {
        mm_turn_refuse(turn, contact, err);
    }
}

/* The server has ended this connection; only its end is of interest. */
static mm_err_t ignore_ended(mm_registry_t *registry, const mm_input_t *input)
{
    if (input->spec->msg == MM_MSG_GONE) {
        mm_contacts_forget(registry->contacts, input->contact);
        return MM_OK;
    }
    registry->counters->refused[MM_ERR_IGNORED]++;
    return MM_ERR_IGNORED;
}

mm_err_t mm_registry_turn(mm_registry_t *registry, const mm_input_t *input, mm_outbox_t *outbox)
{
    const mm_place_t *place = mm_contacts_find(registry->contacts, input->contact);
    mm_turn_t turn = {.input = input,
                      .settings = registry->settings,
                      .counters = registry->counters,
                      .outbox = outbox,
                      .contacts = registry->contacts,
                      .rooms = registry->rooms,
                      .gone = registry->gone};

    if (place != NULL && place->is_ended)
        return ignore_ended(registry, input);
    place_sender(registry, &turn, place);
    mm_err_t err = mm_dispatch_check(&turn);
    if (err == MM_OK)
        err = prepare(registry, &turn);
    if (err == MM_ERR_AGAIN)
        return err;
    if (err == MM_OK)
        err = mm_dispatch_run(&turn);
    if (err != MM_OK)
        answer(&turn, err);
    mm_directory_settle(registry->rooms, turn.room, mm_turn_now_ms(&turn), outbox);
    return err;
}

/* A turn that changes nothing is run again after a crash instead of being recorded (proto/LINK.md, rule 6). */
bool mm_registry_is_recorded(const mm_input_t *input)
{
    return (input->spec->flags & MM_REPEATED) == 0;
}

mm_text_t mm_registry_room_of(const mm_registry_t *registry, mm_contact_t contact)
{
    const mm_place_t *place = mm_contacts_find(registry->contacts, contact);

    return mm_text(place != NULL ? place->room : "");
}

static mm_text_t room_of(mm_msg_t msg, const mm_message_t *message)
{
    if (msg == MM_MSG_ROOM_STATUS)
        return message->room_status.room;
    if (msg == MM_MSG_DELETE_ROOM)
        return message->delete_room.room;
    return mm_admin_room_of(msg, message);
}

mm_text_t mm_registry_room_meant(const mm_input_t *input, char out[MM_ROOM_ID_MAX + 1])
{
    mm_message_t message;
    mm_fault_t fault;
    mm_room_id_t id = {""};

    out[0] = '\0';
    if (!means_room(input->spec->msg) ||
        mm_message_read(input->spec, input->body, &message, &fault) != MM_OK ||
        !mm_room_id_read(room_of(input->spec->msg, &message), &id))
        return mm_text(out);
    strcpy(out, id.text);
    return mm_text(out);
}

/* --- time and the store --------------------------------------------------------------------------- */

void mm_registry_on_time(mm_registry_t *registry, int64_t now_ms, mm_outbox_t *outbox)
{
    mm_directory_on_time(registry->rooms, now_ms, outbox);
}

int64_t mm_registry_next_time(const mm_registry_t *registry)
{
    return mm_directory_next_time(registry->rooms);
}

mm_err_t mm_registry_restore(mm_registry_t *registry, mm_text_t key, mm_slice_t value)
{
    return mm_directory_restore(registry->rooms, key, value);
}

/* --- the truth, for tests -------------------------------------------------------------------------- */

static mm_registry_person_t describe(const mm_room_t *room, const mm_person_t *person)
{
    return (mm_registry_person_t){.room = mm_text(room->id),
                                  .id = person->id,
                                  .contact = person->contact,
                                  .is_moderator = person->is_moderator,
                                  .is_muted = person->is_muted,
                                  .is_video_off = person->is_video_off,
                                  .is_hand_raised = person->is_hand_raised,
                                  .is_recorder = mm_id_equal(&person->id, &room->recorder),
                                  .capacity = room->facts.max_participants,
                                  .room_locked = mm_room_is_locked(room)};
}

typedef struct person_walk {
    void (*visit)(void *ctx, const mm_registry_person_t *person);
    void *ctx;
} person_walk_t;

static void visit_room(void *ctx, const mm_room_t *room)
{
    const person_walk_t *walk = ctx;

    for (size_t i = 0; i < room->seats.count; i++) {
        mm_registry_person_t person = describe(room, &room->seats.list[i]);
        walk->visit(walk->ctx, &person);
    }
    for (size_t i = 0; i < room->waiting.count; i++) {
        mm_registry_person_t person = describe(room, &room->waiting.list[i]);
        person.is_waiting = true;
        walk->visit(walk->ctx, &person);
    }
}

void mm_registry_each(const mm_registry_t *registry,
                      void (*visit)(void *ctx, const mm_registry_person_t *person), void *ctx)
{
    person_walk_t walk = {visit, ctx};

    mm_directory_each(registry->rooms, visit_room, &walk);
}

typedef struct contact_walk {
    void (*visit)(void *ctx, mm_contact_t contact);
    void *ctx;
} contact_walk_t;

static void visit_place(void *ctx, const mm_place_t *place)
{
    const contact_walk_t *walk = ctx;

    walk->visit(walk->ctx, place->contact);
}

void mm_registry_each_contact(const mm_registry_t *registry,
                              void (*visit)(void *ctx, mm_contact_t contact), void *ctx)
{
    contact_walk_t walk = {visit, ctx};

    mm_contacts_each(registry->contacts, visit_place, &walk);
}
