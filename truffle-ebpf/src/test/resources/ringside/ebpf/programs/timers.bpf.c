/* SPDX-License-Identifier: Apache-2.0 */
/* A lock and a timer in each value of a hash; the timer's callback counts. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define CLOCK_MONOTONIC 1

struct value {
	struct bpf_spin_lock lock;
	struct bpf_timer timer;
	__u64 fired;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} timers SEC(".maps");

static int fire(void *map, __u32 *key, struct value *value)
{
	value->fired += *key;
	return 0;
}

SEC("xdp")
int arm(struct xdp_md *ctx)
{
	struct value fresh = {};
	struct value *value;
	__u32 key = 7;

	bpf_map_update_elem(&timers, &key, &fresh, BPF_NOEXIST);
	value = bpf_map_lookup_elem(&timers, &key);
	if (!value)
		return 1;
	if (bpf_timer_init(&value->timer, &timers, CLOCK_MONOTONIC))
		return 2;
	if (bpf_timer_set_callback(&value->timer, fire))
		return 3;
	if (bpf_timer_start(&value->timer, 1000000, 0))
		return 4;
	bpf_spin_lock(&value->lock);
	value->fired += 100;
	bpf_spin_unlock(&value->lock);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
