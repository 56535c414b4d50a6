/* The state of a room and its two lists of people.  A list is a plain array: rooms are small, and the order of
 * arrival is what everybody asks for.
 * Not here: any message (the other room_*.c). */
#include "broker/room.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

mm_room_t *mm_room_new(const char *id, bool is_kept)
{
    mm_room_t *room = calloc(1, sizeof *room);

    assert(room != NULL && strlen(id) <= MM_ROOM_ID_MAX);
    strcpy(room->id, id);
    room->is_kept = is_kept;
    return room;
}

void mm_room_destroy(mm_room_t **room_p)
{
    mm_room_t *room = *room_p;

    if (room == NULL)
        return;
    mm_people_clear(&room->seats);
    mm_people_clear(&room->waiting);
    free(room);
    *room_p = NULL;
}

static mm_person_t *find(const mm_people_t *people, const mm_id_t *id)
{
    for (size_t i = 0; i < people->count; i++)
        if (mm_id_equal(&people->list[i].id, id))
            return &people->list[i];
    return NULL;
}

mm_person_t *mm_room_find_seat(const mm_room_t *room, const mm_id_t *id)
{
    return find(&room->seats, id);
}

mm_person_t *mm_room_find_waiting(const mm_room_t *room, const mm_id_t *id)
{
    return find(&room->waiting, id);
}

bool mm_room_is_empty(const mm_room_t *room)
{
    return room->seats.count == 0;
}

bool mm_room_is_full(const mm_room_t *room)
{
    return room->seats.count >= room->facts.max_participants;
}

/* A lock without anybody inside who could open it would shut the room for good. */
bool mm_room_is_locked(const mm_room_t *room)
{
    return room->facts.is_locked && !mm_room_is_empty(room);
}

void mm_room_set_locked(mm_room_t *room, bool is_locked)
{
    if (room->facts.is_locked != is_locked)
        mm_room_note(room, MM_NEWS_KEEP_DURABLY);
    room->facts.is_locked = is_locked;
}

void mm_room_note(mm_room_t *room, mm_news_t news)
{
    if (news > room->news)
        room->news = news;
}

mm_person_t *mm_people_add(mm_people_t *people, const mm_person_t *person)
{
    if (people->count == people->capacity) {
        people->capacity = people->capacity > 0 ? 2 * people->capacity : 4;
        people->list = realloc(people->list, people->capacity * sizeof *people->list);
        assert(people->list != NULL);
    }
    people->list[people->count] = *person;
    return &people->list[people->count++];
}

void mm_people_remove(mm_people_t *people, const mm_id_t *id)
{
    mm_person_t *person = find(people, id);

    assert(person != NULL);
    size_t behind = (size_t)(people->list + people->count - (person + 1));
    memmove(person, person + 1, behind * sizeof *person);
    people->count--;
    if (people->count == 0)
        mm_people_clear(people);
}

void mm_people_clear(mm_people_t *people)
{
    free(people->list);
    *people = (mm_people_t){0};
}

mm_person_t *mm_room_sender(const mm_turn_t *turn)
{
    mm_person_t *sender = mm_room_find_seat(turn->room, &turn->from);

    assert(sender != NULL);
    return sender;
}

mm_err_t mm_room_missing(const mm_turn_t *turn, const mm_id_t *target)
{
    const mm_room_t *room = turn->room;

    if (mm_room_find_seat(room, target) != NULL || mm_room_find_waiting(room, target) != NULL)
        return MM_ERR_TARGET_GONE;
    if (mm_gone_has(turn->gone, room->id, target, mm_turn_now_ms(turn)))
        return MM_ERR_TARGET_GONE;
    return MM_ERR_TARGET_NOT_FOUND;
}

void mm_room_tell_everybody(mm_turn_t *turn)
{
    for (size_t i = 0; i < turn->room->seats.count; i++)
        mm_outbox_to(turn->outbox, turn->room->seats.list[i].contact);
}

void mm_room_tell_others(mm_turn_t *turn, const mm_id_t *but)
{
    for (size_t i = 0; i < turn->room->seats.count; i++) {
        const mm_person_t *person = &turn->room->seats.list[i];
        if (!mm_id_equal(&person->id, but))
            mm_outbox_to(turn->outbox, person->contact);
    }
}

void mm_room_tell_moderators(mm_turn_t *turn)
{
    for (size_t i = 0; i < turn->room->seats.count; i++) {
        const mm_person_t *person = &turn->room->seats.list[i];
        if (person->is_moderator)
            mm_outbox_to(turn->outbox, person->contact);
    }
}
