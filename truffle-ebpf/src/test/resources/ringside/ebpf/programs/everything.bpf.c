// Everything that an object can have, for tests of the reader.
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, int);
	__type(value, long);
	__uint(max_entries, 2);
} one SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(key_size, 4);
	__uint(max_entries, 4);
	__uint(pinning, 1);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [1] = &one } };

int entry(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, 4);
	__uint(max_entries, 3);
	__array(values, int (void *));
} calls SEC(".maps") = { .values = { [2] = (void *)&entry } };

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__type(value, int);
	__uint(max_entries, 9);
	__ulong(map_extra, 3);
} bloom SEC(".maps");

extern int LINUX_KERNEL_VERSION __kconfig;
extern int CONFIG_HZ __kconfig __weak;
extern char CONFIG_LOCALVERSION[16] __kconfig;
extern const void jiffies_64 __ksym __weak;
extern int bpf_nowhere(int x) __ksym __weak;

struct task_struct___other {
	int pid;
	long nowhere;
} __attribute__((preserve_access_index));

enum flavour { VANILLA, CHOCOLATE = 5 };

const volatile int limit = 3;
int counter = 5;
static volatile long sum;
int own SEC(".data.own") = 6;
float never = 1.5;

__noinline int global(int x)
{
	return x * limit + CONFIG_HZ;
}

static __noinline int local(struct task_struct___other *task)
{
	if (bpf_core_field_exists(task->nowhere))
		return task->nowhere;
	return global(task->pid) + bpf_core_enum_value_exists(enum flavour, CHOCOLATE);
}

static long each(int i, void *ctx)
{
	sum += i;
	return 0;
}

SEC("xdp")
int entry(struct xdp_md *ctx)
{
	bpf_loop(limit, each, 0, 0);
	bpf_tail_call(ctx, &calls, 2);
	return global(LINUX_KERNEL_VERSION) + CONFIG_LOCALVERSION[1] + own;
}

SEC("?raw_tp/sys_enter")
int later(struct task_struct___other *task)
{
	counter += bpf_core_type_exists(struct task_struct___other);
	return bpf_nowhere ? bpf_nowhere(1) : local(task);
}

SEC("raw_tp/sys_enter")
int now(void *ctx)
{
	return bpf_core_type_size(struct task_struct) + (long)&jiffies_64 + local(0);
}

char _license[] SEC("license") = "GPL";
unsigned _version SEC("version") = 0x060c00;
