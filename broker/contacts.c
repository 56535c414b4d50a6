/* Places of connections: a hash table for look-up, a list for the order.  The order must not depend on a hash, because a
 * dead gateway's people leave in it and the same inputs give the same outputs. */
#include "broker/contacts.h"

#include <czmq.h>

struct mm_contacts {
    zhashx_t *by_contact; /* mm_contact_t inside the place -> mm_place_t */
    zlistx_t *in_order;   /* owns the places */
};

/* Gateways number their connections, nobody chooses them: mixing (the finalizer of SplitMix64) is enough. */
static size_t hash_contact(const void *key)
{
    const mm_contact_t *contact = key;
    uint64_t mixed = contact->incarnation ^ (contact->connection * UINT64_C(0x9e3779b97f4a7c15));

    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(mixed ^ (mixed >> 31));
}

static int compare_contacts(const void *a, const void *b)
{
    return mm_contact_equal(a, b) ? 0 : 1;
}

static void destroy_place(void **item_p)
{
    free(*item_p);
    *item_p = NULL;
}

mm_contacts_t *mm_contacts_new(void)
{
    mm_contacts_t *contacts = calloc(1, sizeof *contacts);

    assert(contacts != NULL);
    contacts->by_contact = zhashx_new();
    zhashx_set_key_hasher(contacts->by_contact, hash_contact);
    zhashx_set_key_comparator(contacts->by_contact, compare_contacts);
    zhashx_set_key_duplicator(contacts->by_contact, NULL);
    zhashx_set_key_destructor(contacts->by_contact, NULL);
    contacts->in_order = zlistx_new();
    zlistx_set_destructor(contacts->in_order, destroy_place);
    return contacts;
}

void mm_contacts_destroy(mm_contacts_t **contacts_p)
{
    mm_contacts_t *contacts = *contacts_p;

    if (contacts == NULL)
        return;
    zhashx_destroy(&contacts->by_contact);
    zlistx_destroy(&contacts->in_order);
    free(contacts);
    *contacts_p = NULL;
}

static mm_place_t *find(const mm_contacts_t *contacts, mm_contact_t contact)
{
    return zhashx_lookup(contacts->by_contact, &contact);
}

const mm_place_t *mm_contacts_find(const mm_contacts_t *contacts, mm_contact_t contact)
{
    return find(contacts, contact);
}

static mm_place_t *find_or_add(mm_contacts_t *contacts, mm_contact_t contact)
{
    mm_place_t *place = find(contacts, contact);

    if (place != NULL)
        return place;
    place = calloc(1, sizeof *place);
    assert(place != NULL);
    place->contact = contact;
    place->handle = zlistx_add_end(contacts->in_order, place);
    zhashx_insert(contacts->by_contact, &place->contact, place);
    return place;
}

void mm_contacts_put(mm_contacts_t *contacts, mm_contact_t contact, const char *room,
                     const mm_id_t *person)
{
    mm_place_t *place = find_or_add(contacts, contact);

    assert(strlen(room) <= MM_ROOM_ID_MAX && !place->is_ended);
    place->person = *person;
    strcpy(place->room, room);
}

void mm_contacts_end(mm_contacts_t *contacts, mm_contact_t contact)
{
    mm_place_t *place = find_or_add(contacts, contact);

    place->is_ended = true;
    place->person = (mm_id_t){0};
    place->room[0] = 0;
}

void mm_contacts_forget(mm_contacts_t *contacts, mm_contact_t contact)
{
    mm_place_t *place = find(contacts, contact);

    if (place == NULL)
        return;
    zhashx_delete(contacts->by_contact, &place->contact);
    zlistx_delete(contacts->in_order, place->handle);
}

void mm_contacts_each(const mm_contacts_t *contacts,
                      void (*visit)(void *ctx, const mm_place_t *place), void *ctx)
{
    for (const mm_place_t *place = zlistx_first(contacts->in_order); place != NULL;
         place = zlistx_next(contacts->in_order))
        visit(ctx, place);
}
