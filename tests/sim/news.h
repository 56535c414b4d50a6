/* One message that a browser got, taken apart, and the handlers that judge each kind.  For judge.c and news_*.c only.
 * Not here: what is done by other files of the simulator (sim.h). */
#ifndef MM_TESTS_SIM_NEWS_H
#define MM_TESTS_SIM_NEWS_H

#include "sim.h"

typedef struct news {
    sim_t *sim;
    sim_socket_t *socket;
    sim_talk_t *talk;
    sim_seat_t *seat; /* of the listener; NULL for a stranger */
    json_t *json;
    const char *type, *from, *room;
    sim_peer_t *peer; /* the sender in the listener's eyes; NULL: nobody it knows, or itself */
    bool is_own;
} news_t;

typedef void news_handler_t(news_t *news);

/* Ends the run: this message is wrong. */
void news_wrong(const news_t *news, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define WRONG(news, ...) news_wrong((news), __VA_ARGS__)

/* "" and false where there is no such member; a flag must be there. */
const char *news_text(const news_t *news, const char *name);
bool news_flag(const news_t *news, const char *name);

/* news_people.c: who comes and goes, and what state they and the room are in. */
news_handler_t news_on_joined, news_on_left, news_on_waiting, news_on_reject;
news_handler_t news_on_updated, news_on_hand, news_on_action, news_on_order;

/* news_tagged.c: what people say to each other; it carries a tag (speech.c). */
news_handler_t news_on_chat, news_on_relay, news_on_chunk, news_on_reaction;

#endif
