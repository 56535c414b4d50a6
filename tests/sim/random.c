/* See random.h. */
#include "random.h"

sim_random_t sim_random(uint64_t seed)
{
    return (sim_random_t){.state = seed * UINT64_C(0xd1342543de82ef95) + 1};
}

uint64_t sim_random_next(sim_random_t *random)
{
    uint64_t mixed = random->state += UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

int64_t sim_random_below(sim_random_t *random, int64_t limit)
{
    return limit <= 0 ? 0 : (int64_t)(sim_random_next(random) % (uint64_t)limit);
}

bool sim_random_chance(sim_random_t *random, int permille)
{
    return sim_random_below(random, 1000) < permille;
}

void sim_random_fill(sim_random_t *random, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)sim_random_next(random);
}
