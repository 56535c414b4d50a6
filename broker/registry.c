/* The registry: rooms by id, in the order in which they were made; connections; and the frame around a turn:
 * find the room, check, run, answer, settle.
 *
 * Settling is what a room cannot do itself: end it when its last participant left, ask for its record to be kept, set its
 * timer, count.
 * Not here: what a message does to a room (broker/room*.c). */
#include "broker/registry.h"

#include "broker/dispatch.h"
#include "broker/latent.h"
#include "broker/name_hash.h"
#include "broker/room.h"
#include "broker/timers.h"

/* A room as the registry lists it. */
typedef struct listing {
    mm_room_t *room;
    void *handle;         /* in in_order */
    bool is_latent;       /* counted as one that nobody has joined yet */
    mm_creator_t creator; /* for whom it is counted */
} listing_t;

struct mm_registry {
    const mm_settings_t *settings;
    mm_counters_t *counters;
    zhashx_t *by_id;    /* id inside the room -> listing_t */
    zlistx_t *in_order; /* owns the listings: a hash table's order is by chance */
    mm_contacts_t *contacts;
    mm_gone_t *gone;
    mm_latent_t *latent;
    mm_timers_t *timers; /* of pre-created rooms that are empty */
};

static void destroy_listing(void **item_p)
{
    listing_t *listing = *item_p;

    mm_room_destroy(&listing->room);
    free(listing);
    *item_p = NULL;
}

mm_registry_t *mm_registry_new(const mm_settings_t *settings, mm_counters_t *counters)
{
    mm_registry_t *registry = calloc(1, sizeof *registry);

    assert(registry != NULL);
    registry->settings = settings;
    registry->counters = counters;
    registry->by_id = mm_name_table_new(NULL);
    registry->in_order = zlistx_new();
    zlistx_set_destructor(registry->in_order, destroy_listing);
    registry->contacts = mm_contacts_new();
    registry->gone = mm_gone_new((size_t)settings->gone_per_room, (size_t)settings->gone_total,
                                 settings->gone_memory);
    registry->latent = mm_latent_new((size_t)settings->max_latent_rooms,
                                     (size_t)settings->max_latent_rooms_per_address);
    registry->timers = mm_timers_new();
    return registry;
}

void mm_registry_destroy(mm_registry_t **registry_p)
{
    mm_registry_t *registry = *registry_p;

    if (registry == NULL)
        return;
    zhashx_destroy(&registry->by_id);
    zlistx_destroy(&registry->in_order);
    mm_contacts_destroy(&registry->contacts);
    mm_gone_destroy(&registry->gone);
    mm_latent_destroy(&registry->latent);
    mm_timers_destroy(&registry->timers);
    free(registry);
    *registry_p = NULL;
}

/* --- rooms by id ------------------------------------------------------------------------------ */

typedef struct room_id {
    char text[MM_ROOM_ID_MAX + 1];
} room_id_t;

static bool is_letter_or_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The id in the form in which ids are compared: six letters or digits are upper-cased, others stand as they are.  False for
 * what can name no room. */
static bool read_room_id(mm_text_t text, room_id_t *out)
{
    bool is_short = text.len == MM_ROOM_ID_CHARS;

    *out = (room_id_t){""};
    if (text.len == 0 || text.len > MM_ROOM_ID_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_letter_or_digit(text.ptr[i]) && text.ptr[i] != '_' && text.ptr[i] != '-')
            return false;
        if (!is_letter_or_digit(text.ptr[i]))
            is_short = false;
    }
    for (size_t i = 0; i < text.len; i++) {
        bool is_lower = text.ptr[i] >= 'a' && text.ptr[i] <= 'z';
        out->text[i] = (char)(is_short && is_lower ? text.ptr[i] - 'a' + 'A' : text.ptr[i]);
    }
    return true;
}

static listing_t *find(const mm_registry_t *registry, const char *id)
{
    return zhashx_lookup(registry->by_id, id);
}

static mm_room_t *find_room(const mm_registry_t *registry, const char *id)
{
    const listing_t *listing = find(registry, id);

    return listing != NULL ? listing->room : NULL;
}

typedef enum room_kind { ROOM_AD_HOC, ROOM_KEPT } room_kind_t;

static listing_t *add_room(mm_registry_t *registry, const room_id_t *id, room_kind_t kind)
{
    listing_t *listing = calloc(1, sizeof *listing);

    assert(listing != NULL && find(registry, id->text) == NULL);
    listing->room = mm_room_new(id->text, kind == ROOM_KEPT);
    listing->handle = zlistx_add_end(registry->in_order, listing);
    zhashx_insert(registry->by_id, listing->room->id, listing);
    return listing;
}

static void begin_latent(mm_registry_t *registry, listing_t *listing, const mm_creator_t *creator)
{
    listing->is_latent = true;
    listing->creator = *creator;
    mm_latent_add(registry->latent, creator);
}

static void end_latent(mm_registry_t *registry, listing_t *listing)
{
    if (listing->is_latent)
        mm_latent_remove(registry->latent, &listing->creator);
    listing->is_latent = false;
}

/* The end need not be durable: a room that comes back after a power cut ends again by its timer. */
static void end_room(mm_registry_t *registry, listing_t *listing, mm_outbox_t *outbox)
{
    enum { DURABLE = true };
    const mm_room_t *room = listing->room;

    end_latent(registry, listing);
    mm_timers_drop(registry->timers, room->id);
    if (room->is_kept)
        mm_outbox_forget(outbox, mm_text(room->id), !DURABLE);
    registry->counters->rooms_ended++;
    zhashx_delete(registry->by_id, room->id);
    zlistx_delete(registry->in_order, listing->handle);
}

static void set_timer(mm_registry_t *registry, const mm_room_t *room)
{
    if (mm_room_is_empty(room))
        mm_timers_set(registry->timers, room->id,
                      mm_facts_expiry_ms(&room->facts, registry->settings->latent_room_max_age));
    else
        mm_timers_drop(registry->timers, room->id);
}

static void keep_facts(const mm_room_t *room, mm_outbox_t *outbox)
{
    uint8_t bytes[MM_FACTS_BYTES];
    mm_writer_t writer = mm_writer(bytes, sizeof bytes);

    mm_facts_write(&room->facts, &writer);
    assert(!writer.overflow);
    mm_outbox_keep(outbox, mm_text(room->id), mm_writer_slice(&writer),
                   room->news == MM_NEWS_KEEP_DURABLY);
}

/* What follows from a turn for the room itself; it may be ended here. */
static void settle(mm_registry_t *registry, mm_room_t *room, mm_outbox_t *outbox)
{
    if (room == NULL)
        return;
    listing_t *listing = find(registry, room->id);
    if (!room->is_kept) {
        if (mm_room_is_empty(room))
            end_room(registry, listing, outbox);
        return;
    }
    if (room->news == MM_NEWS_NONE)
        return;
    if (room->facts.is_joined)
        end_latent(registry, listing);
    keep_facts(room, outbox);
    set_timer(registry, room);
    room->news = MM_NEWS_NONE;
}

static void count_rooms(mm_registry_t *registry)
{
    registry->counters->rooms = zhashx_size(registry->by_id);
    registry->counters->latent_rooms = mm_latent_count(registry->latent);
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
    room_id_t id;

    if (!read_room_id(join->room, &id))
        return MM_PROOF_NONE;
    const mm_room_t *room = find_room(registry, id.text);
    if (room == NULL || ends_with(room, contact))
        return join->is_host && join->password.len > 0 ? MM_PROOF_MADE : MM_PROOF_NONE;
    *against = room->facts.password;
    return room->facts.password.is_set ? MM_PROOF_WRONG : MM_PROOF_NONE;
}

static mm_proof_kind_t create_needs(const mm_registry_t *registry,
                                    const struct mm_create_room *wish)
{
    room_id_t id;

    if (wish->password.len == 0)
        return MM_PROOF_NONE;
    if (wish->room.len > 0 && read_room_id(wish->room, &id) && find(registry, id.text) != NULL)
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
    turn->room = find_room(registry, place->room);
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
    settle(registry, turn->room, turn->outbox);
    turn->room = NULL;
    turn->from = (mm_id_t){0};
    turn->role = MM_ROLE_STRANGER;
}

static bool may_add_room(const mm_registry_t *registry)
{
    return zhashx_size(registry->by_id) < (size_t)registry->settings->max_rooms;
}

static mm_err_t prepare_join(mm_registry_t *registry, mm_turn_t *turn)
{
    const struct mm_join *join = &turn->msg.join;
    mm_password_t against = {0};
    room_id_t id;

    if (!proof_fits(&turn->input->proof, join_needs(registry, turn->input->contact, join, &against),
                    &against))
        return MM_ERR_AGAIN;
    if (!read_room_id(join->room, &id))
        return MM_ERR_INVALID_MESSAGE;
    leave_first(registry, turn);
    turn->room = find_room(registry, id.text);
    if (turn->room != NULL)
        return MM_OK;
    if (!join->is_host)
        return MM_ERR_ROOM_NOT_FOUND;
    if (!may_add_room(registry))
        return MM_ERR_TOO_MANY_ROOMS;
    turn->room = add_room(registry, &id, ROOM_AD_HOC)->room;
    mm_room_begin_ad_hoc(turn);
    registry->counters->rooms_created++;
    return MM_OK;
}

/* The id that was asked for, or the first candidate that is free. */
static mm_err_t choose_id(const mm_registry_t *registry, const mm_turn_t *turn, room_id_t *id)
{
    mm_text_t wish = turn->msg.create_room.room;
    mm_text_t candidates = turn->input->stamp.candidates;

    if (wish.len > 0) {
        if (!read_room_id(wish, id))
            return MM_ERR_INVALID_MESSAGE;
        return find(registry, id->text) != NULL ? MM_ERR_ROOM_EXISTS : MM_OK;
    }
    for (size_t i = 0; i + MM_ROOM_ID_CHARS <= candidates.len; i += MM_ROOM_ID_CHARS)
        if (read_room_id((mm_text_t){candidates.ptr + i, MM_ROOM_ID_CHARS}, id) &&
            find(registry, id->text) == NULL)
            return MM_OK;
    return MM_ERR_ROOM_EXISTS;
}

static mm_err_t prepare_create(mm_registry_t *registry, mm_turn_t *turn)
{
    mm_creator_t creator = mm_latent_creator(turn->msg.create_room.address);
    mm_proof_kind_t needed = create_needs(registry, &turn->msg.create_room);
    room_id_t id;

    if (!proof_fits(&turn->input->proof, needed, NULL))
        return MM_ERR_AGAIN;
    mm_err_t err = mm_room_check_wish(turn);
    if (err == MM_OK)
        err = choose_id(registry, turn, &id);
    if (err != MM_OK)
        return err;
    if (!may_add_room(registry) || !mm_latent_may_add(registry->latent, &creator))
        return MM_ERR_TOO_MANY_ROOMS;
    listing_t *listing = add_room(registry, &id, ROOM_KEPT);
    begin_latent(registry, listing, &creator);
    registry->counters->rooms_created++;
    turn->room = listing->room;
    return MM_OK;
}

/* The two entries that choose their room. */
static mm_err_t prepare(mm_registry_t *registry, mm_turn_t *turn)
{
    if (turn->input->spec->msg == MM_MSG_JOIN)
        return prepare_join(registry, turn);
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
    if (turn->input->spec->msg == MM_MSG_CREATE_ROOM) {
        struct mm_room_created created = {.error = err};
        mm_turn_say_to(turn, contact, MM_MSG_ROOM_CREATED, &created, NULL);
    } else if (err == MM_ERR_TOO_MANY_ROOMS) {
        /* No error of the reference says this; "try later" is what 1013 means. */
        mm_turn_close(turn, contact, MM_CLOSE_OVERLOADED, "Too many rooms");
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
    settle(registry, turn.room, outbox);
    count_rooms(registry);
    return err;
}

/* A turn that changes nothing is run again after a crash instead of being recorded (link.md section 3). */
bool mm_registry_is_recorded(const mm_input_t *input)
{
    return (input->spec->flags & MM_REPEATED) == 0;
}

mm_text_t mm_registry_room_of(const mm_registry_t *registry, mm_contact_t contact)
{
    const mm_place_t *place = mm_contacts_find(registry->contacts, contact);

    return mm_text(place != NULL ? place->room : "");
}

/* --- time and the store --------------------------------------------------------------------------- */

void mm_registry_on_time(mm_registry_t *registry, int64_t now_ms, mm_outbox_t *outbox)
{
    room_id_t id;

    while (mm_timers_take(registry->timers, now_ms, id.text)) {
        listing_t *listing = find(registry, id.text);
        assert(listing != NULL && mm_room_is_empty(listing->room));
        end_room(registry, listing, outbox);
    }
    count_rooms(registry);
}

int64_t mm_registry_next_time(const mm_registry_t *registry)
{
    return mm_timers_next(registry->timers);
}

mm_err_t mm_registry_restore(mm_registry_t *registry, mm_text_t key, mm_slice_t value)
{
    const mm_creator_t nobody = {""};
    room_id_t id;
    mm_facts_t facts;

    if (!read_room_id(key, &id) || find(registry, id.text) != NULL)
        return MM_ERR_MALFORMED;
    if (mm_facts_read(value, &facts) != MM_OK)
        return MM_ERR_MALFORMED;
    listing_t *listing = add_room(registry, &id, ROOM_KEPT);
    listing->room->facts = facts;
    if (!facts.is_joined)
        begin_latent(registry, listing, &nobody);
    set_timer(registry, listing->room);
    count_rooms(registry);
    return MM_OK;
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

void mm_registry_each(const mm_registry_t *registry,
                      void (*visit)(void *ctx, const mm_registry_person_t *person), void *ctx)
{
    for (const listing_t *listing = zlistx_first(registry->in_order); listing != NULL;
         listing = zlistx_next(registry->in_order)) {
        const mm_room_t *room = listing->room;
        for (size_t i = 0; i < room->seats.count; i++) {
            mm_registry_person_t person = describe(room, &room->seats.list[i]);
            visit(ctx, &person);
        }
        for (size_t i = 0; i < room->waiting.count; i++) {
            mm_registry_person_t person = describe(room, &room->waiting.list[i]);
            person.is_waiting = true;
            visit(ctx, &person);
        }
    }
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
