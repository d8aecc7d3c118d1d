/* SPDX-License-Identifier: Apache-2.0 */
/* What eBPF programs in C need: sections, map definitions, helpers by their numbers. */
#ifndef __BPF_HELPERS__
#define __BPF_HELPERS__

#include <linux/types.h>

/* Members of a map definition in SEC(".maps"), as BTF carries them. */
#define __uint(name, val) int(*name)[val]
#define __type(name, val) __typeof__(val) *name
#define __array(name, val) __typeof__(val) *name[]

#define SEC(name) __attribute__((section(name), used))

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __noinline
#define __noinline __attribute__((__noinline__))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
#ifndef barrier
#define barrier() __asm__ volatile("" ::: "memory")
#endif

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value,
					 __u64 flags) = (void *)2;
static long (*const bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static long (*const bpf_probe_read)(void *dst, __u32 size, const void *unsafe_ptr) = (void *)4;
static __u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static long (*const bpf_trace_printk)(const char *fmt, __u32 fmt_size, ...) = (void *)6;
static __u32 (*const bpf_get_prandom_u32)(void) = (void *)7;
static __u32 (*const bpf_get_smp_processor_id)(void) = (void *)8;
static __u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static __u64 (*const bpf_get_current_uid_gid)(void) = (void *)15;
static long (*const bpf_get_current_comm)(void *buf, __u32 size_of_buf) = (void *)16;
static __s64 (*const bpf_csum_diff)(const __be32 *from, __u32 from_size, const __be32 *to,
				    __u32 to_size, __wsum seed) = (void *)28;
static __u64 (*const bpf_get_current_task)(void) = (void *)35;
static long (*const bpf_xdp_adjust_head)(void *xdp_md, int delta) = (void *)44;
static long (*const bpf_probe_read_str)(void *dst, __u32 size, const void *unsafe_ptr) = (void *)45;
static long (*const bpf_xdp_adjust_meta)(void *xdp_md, int delta) = (void *)54;
static long (*const bpf_xdp_adjust_tail)(void *xdp_md, int delta) = (void *)65;
static long (*const bpf_strtol)(const char *buf, unsigned long buf_len, __u64 flags,
				long *res) = (void *)105;
static long (*const bpf_strtoul)(const char *buf, unsigned long buf_len, __u64 flags,
				 unsigned long *res) = (void *)106;
static long (*const bpf_probe_read_user)(void *dst, __u32 size,
					 const void *unsafe_ptr) = (void *)112;
static long (*const bpf_probe_read_kernel)(void *dst, __u32 size,
					   const void *unsafe_ptr) = (void *)113;
static long (*const bpf_probe_read_user_str)(void *dst, __u32 size,
					     const void *unsafe_ptr) = (void *)114;
static long (*const bpf_probe_read_kernel_str)(void *dst, __u32 size,
					       const void *unsafe_ptr) = (void *)115;
static __u64 (*const bpf_jiffies64)(void) = (void *)118;
static __u64 (*const bpf_ktime_get_boot_ns)(void) = (void *)125;
static long (*const bpf_strncmp)(const char *s1, __u32 s1_sz, const char *s2) = (void *)182;
static __u64 (*const bpf_xdp_get_buff_len)(void *xdp_md) = (void *)188;
static long (*const bpf_xdp_load_bytes)(void *xdp_md, __u32 offset, void *buf,
					__u32 len) = (void *)189;
static long (*const bpf_xdp_store_bytes)(void *xdp_md, __u32 offset, void *buf,
					 __u32 len) = (void *)190;

#define bpf_printk(fmt, args...)						\
	({									\
		static const char ____fmt[] = fmt;				\
		bpf_trace_printk(____fmt, sizeof(____fmt), ##args);		\
	})

#endif
