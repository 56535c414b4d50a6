/* Where each connection is: in which room, as whom, or ended by the server.  A connection that is not
 * listed is a stranger.  Owned by the registry; changed by rooms only together with the control entry that tells the
 * gateway (broker/turn.h).
 * Not here: roles (a seat's, broker/room.h), what is queued for a connection (gateway). */
#ifndef MM_BROKER_CONTACTS_H
#define MM_BROKER_CONTACTS_H

#include "broker/outbox.h"

typedef struct mm_contacts mm_contacts_t;

typedef struct mm_place {
    mm_contact_t contact;
    bool is_ended;                 /* the server closes it; what it still sends is dropped */
    mm_id_t person;                /* participant or waiting id; nil when ended */
    char room[MM_ROOM_ID_MAX + 1]; /* "" when ended */
    void *handle;                  /* in the list of all places */
} mm_place_t;

mm_contacts_t *mm_contacts_new(void);
void mm_contacts_destroy(mm_contacts_t **contacts_p);

/* NULL for a stranger.  Valid until the contact changes. */
const mm_place_t *mm_contacts_find(const mm_contacts_t *contacts, mm_contact_t contact);

/* Sits or waits in `room` as `person` from now on. */
void mm_contacts_put(mm_contacts_t *contacts, mm_contact_t contact, const char *room,
                     const mm_id_t *person);
void mm_contacts_end(mm_contacts_t *contacts, mm_contact_t contact);

/* A stranger again, or closed. */
void mm_contacts_forget(mm_contacts_t *contacts, mm_contact_t contact);

/* All places in the order in which they were made; `visit` changes nothing. */
void mm_contacts_each(const mm_contacts_t *contacts,
                      void (*visit)(void *ctx, const mm_place_t *place), void *ctx);

#endif
