/* See admin.h.  Answers are msgpack maps with the names that the --json of mikromeet-admin shows. */
#include "broker/admin.h"

#include "broker/directory.h"
#include "broker/room.h"

#include <assert.h>
#include <stdlib.h>

enum {
    ANSWER_BYTES = 256 * 1024, /* of rooms in one answer; the next asks for more */
    ROOM_BYTES = 1024,         /* one room with its title, or one person with its name, at most */
    PEOPLE_BYTES = 512 * 1024, /* of people in one answer; a room of 1000 long names is cut */
    ROOM_PAIRS = 12,
    PERSON_PAIRS = 6
};

bool mm_admin_means_room(mm_msg_t msg)
{
    return msg == MM_MSG_ADMIN_ROOM || msg == MM_MSG_ADMIN_CLOSE || msg == MM_MSG_ADMIN_KICK;
}

mm_text_t mm_admin_room_of(mm_msg_t msg, const mm_message_t *message)
{
    if (msg == MM_MSG_ADMIN_ROOM)
        return message->admin_room.room;
    return msg == MM_MSG_ADMIN_CLOSE ? message->admin_close.room : message->admin_kick.room;
}

static void answer(mm_turn_t *turn, mm_err_t err, mm_slice_t result)
{
    static const uint8_t nil[] = {0xc0};
    struct mm_admin_answer said = {.error = err, .result = result};

    if (result.len == 0)
        said.result = (mm_slice_t){nil, sizeof nil};
    mm_turn_say_to(turn, turn->input->contact, MM_MSG_ADMIN_ANSWER, &said, NULL);
}

void mm_admin_refuse(mm_turn_t *turn, mm_err_t err)
{
    answer(turn, err, (mm_slice_t){0});
}

/* --- writing ------------------------------------------------------------------------------- */

static void write_key(mm_writer_t *out, const char *key)
{
    mm_write_str(out, mm_text(key));
}

static void write_time(mm_writer_t *out, const char *key, int64_t time_ms)
{
    write_key(out, key);
    if (time_ms > 0)
        mm_write_i64(out, time_ms);
    else
        mm_write_nil(out);
}

static void write_flag(mm_writer_t *out, const char *key, bool value)
{
    write_key(out, key);
    mm_write_bool(out, value);
}

static void write_count(mm_writer_t *out, const char *key, size_t value)
{
    write_key(out, key);
    mm_write_u64(out, value);
}

/* ROOM_PAIRS pairs of a map. */
static void write_room(mm_writer_t *out, const mm_room_t *room)
{
    const mm_facts_t *facts = &room->facts;

    write_key(out, "roomId");
    mm_write_str(out, mm_text(room->id));
    write_key(out, "title");
    mm_write_str(out, (mm_text_t){facts->title, facts->title_len});
    write_count(out, "participants", room->seats.count);
    write_count(out, "maxParticipants", facts->max_participants);
    write_count(out, "waiting", room->waiting.count);
    write_flag(out, "locked", mm_room_is_locked(room));
    write_flag(out, "needsPassword", facts->password.is_set);
    write_flag(out, "kept", room->is_kept);
    write_time(out, "created", facts->created_ms);
    write_time(out, "lastUse", facts->last_use_ms);
    write_time(out, "scheduledStart", facts->start_ms);
    write_time(out, "scheduledEnd", facts->end_ms);
}

static void write_person(mm_writer_t *out, const mm_person_t *person)
{
    mm_write_map(out, PERSON_PAIRS);
    write_key(out, "participantId");
    mm_write_id(out, &person->id);
    write_key(out, "name");
    mm_write_str(out, (mm_text_t){person->name, person->name_len});
    write_flag(out, "isModerator", person->is_moderator);
    write_flag(out, "isMuted", person->is_muted);
    write_flag(out, "isVideoOff", person->is_video_off);
    write_flag(out, "isHandRaised", person->is_hand_raised);
}

/* --- all rooms ----------------------------------------------------------------------------- */

typedef struct listing {
    uint64_t after, last; /* serials: asked for, and of the last room written */
    uint32_t count;
    bool is_full;
    mm_writer_t rooms;
} listing_t;

static void list_room(void *ctx, const mm_room_t *room)
{
    listing_t *listing = ctx;

    if (room->serial <= listing->after || listing->is_full)
        return;
    if (listing->rooms.size + ROOM_BYTES > listing->rooms.capacity) {
        listing->is_full = true;
        return;
    }
    mm_write_map(&listing->rooms, ROOM_PAIRS);
    write_room(&listing->rooms, room);
    listing->count++;
    listing->last = room->serial;
}

/* {rooms: [...], next: what to ask for `after`, or nil when these were the last}. */
mm_err_t mm_admin_on_rooms(mm_turn_t *turn)
{
    uint8_t *bytes = malloc(2 * ANSWER_BYTES);
    listing_t listing = {.after = (uint64_t)turn->msg.admin_rooms.after};
    mm_writer_t out;

    assert(bytes != NULL);
    listing.rooms = mm_writer(bytes, ANSWER_BYTES);
    mm_directory_each(turn->rooms, list_room, &listing);
    out = mm_writer(bytes + ANSWER_BYTES, ANSWER_BYTES);
    mm_write_map(&out, 2);
    write_key(&out, "rooms");
    mm_write_array(&out, listing.count);
    mm_write_raw(&out, mm_writer_slice(&listing.rooms));
    write_key(&out, "next");
    if (listing.is_full)
        mm_write_u64(&out, listing.last);
    else
        mm_write_nil(&out);
    assert(!out.overflow);
    answer(turn, MM_OK, mm_writer_slice(&out));
    free(bytes);
    return MM_OK;
}

/* --- one room ------------------------------------------------------------------------------ */

/* How many of a list fit into what is left; ids and flags take far less than ROOM_BYTES, names at most MM_NAME_BYTES. */
static uint32_t fitting(const mm_people_t *people, const mm_writer_t *out)
{
    size_t left = (out->capacity - out->size) / (MM_NAME_BYTES + 128);

    return (uint32_t)(people->count < left ? people->count : left);
}

static void write_people(mm_writer_t *out, const char *key, const mm_people_t *people,
                         uint32_t count)
{
    write_key(out, key);
    mm_write_array(out, count);
    for (uint32_t i = 0; i < count; i++)
        write_person(out, &people->list[i]);
}

mm_err_t mm_admin_on_room(mm_turn_t *turn)
{
    const mm_room_t *room = turn->room;
    uint8_t *bytes = malloc(PEOPLE_BYTES);
    mm_writer_t out = mm_writer(bytes, PEOPLE_BYTES);

    assert(bytes != NULL);
    mm_write_map(&out, ROOM_PAIRS + 3);
    write_room(&out, room);
    write_key(&out, "recorder");
    if (mm_id_is_nil(&room->recorder))
        mm_write_nil(&out);
    else
        mm_write_id(&out, &room->recorder);
    out.capacity -= 64; /* for the key between the two lists */
    write_people(&out, "people", &room->seats, fitting(&room->seats, &out));
    write_people(&out, "atTheDoor", &room->waiting, fitting(&room->waiting, &out));
    assert(!out.overflow);
    answer(turn, MM_OK, mm_writer_slice(&out));
    free(bytes);
    return MM_OK;
}

mm_err_t mm_admin_on_close(mm_turn_t *turn)
{
    mm_room_end(turn);
    answer(turn, MM_OK, (mm_slice_t){0});
    return MM_OK;
}

mm_err_t mm_admin_on_kick(mm_turn_t *turn)
{
    mm_id_t id = turn->msg.admin_kick.target;

    if (mm_room_find_seat(turn->room, &id) == NULL)
        return mm_room_missing(turn, &id);
    mm_room_kick(turn, &id, &id);
    answer(turn, MM_OK, (mm_slice_t){0});
    return MM_OK;
}

/* The core wrote them down before the turn, as it lets a helper hash a password. */
mm_err_t mm_admin_on_figures(mm_turn_t *turn)
{
    answer(turn, MM_OK, turn->input->figures);
    return MM_OK;
}
