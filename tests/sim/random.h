/* The simulator's only source of chance: SplitMix64 (Steele, Lea, Flood 2014), so that a seed replays on every machine.
 * Not here: ids and keys of the product, which come from its own CSPRNG. */
#ifndef MM_TESTS_SIM_RANDOM_H
#define MM_TESTS_SIM_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sim_random {
    uint64_t state;
} sim_random_t;

sim_random_t sim_random(uint64_t seed);
uint64_t sim_random_next(sim_random_t *random);

/* 0 .. limit - 1; 0 for a limit of 0. */
int64_t sim_random_below(sim_random_t *random, int64_t limit);

/* True `permille` times in a thousand. */
bool sim_random_chance(sim_random_t *random, int permille);

void sim_random_fill(sim_random_t *random, uint8_t *out, size_t len);

/* One of the values, each as likely. */
#define SIM_PICK(random, ...)                                                                      \
    ((const int64_t[]){__VA_ARGS__}[sim_random_below(                                              \
        (random), (int64_t)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))])

#endif
