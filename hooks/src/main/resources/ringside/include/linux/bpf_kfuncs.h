/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel functions that eBPF programs may call, and the types in their prototypes. */
#ifndef _KERNEL_LINUX_BPF_KFUNCS_H
#define _KERNEL_LINUX_BPF_KFUNCS_H

#include <linux/sched.h>
#include <linux/types.h>

struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
	__u32 napi_id;
	__u32 family;
	__u32 remote_ip4;
	__u32 local_ip4;
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port;
	__u32 local_port;
	__u32 data_meta;
	__u64 flow_keys;
	__u64 tstamp;
	__u32 wire_len;
	__u32 gso_segs;
	__u64 sk;
	__u32 gso_size;
	__u8 tstamp_type;
	__u64 hwtstamp;
};

struct xdp_md {
	__u32 data;
	__u32 data_end;
	__u32 data_meta;
	__u32 ingress_ifindex;
	__u32 rx_queue_index;
	__u32 egress_ifindex;
};

struct bpf_dynptr {
	__u64 __opaque[2];
};

struct bpf_iter_num {
	__u64 __opaque[1];
};

struct bpf_iter_bits {
	__u64 __opaque[2];
};

struct bpf_iter_task {
	__u64 __opaque[3];
};

/* Open-coded iterators. */
int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end);
int *bpf_iter_num_next(struct bpf_iter_num *it);
void bpf_iter_num_destroy(struct bpf_iter_num *it);
int bpf_iter_bits_new(struct bpf_iter_bits *it, const u64 *unsafe_ptr__ign, u32 nr_words);
int *bpf_iter_bits_next(struct bpf_iter_bits *it);
void bpf_iter_bits_destroy(struct bpf_iter_bits *it);
int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task__nullable, unsigned int flags);
struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it);
void bpf_iter_task_destroy(struct bpf_iter_task *it);

/* Sections. */
void bpf_rcu_read_lock(void);
void bpf_rcu_read_unlock(void);
void bpf_preempt_disable(void);
void bpf_preempt_enable(void);
void bpf_local_irq_save(unsigned long *flags__irq_flag);
void bpf_local_irq_restore(unsigned long *flags__irq_flag);

/* Tasks. */
struct task_struct *bpf_task_acquire(struct task_struct *p);
void bpf_task_release(struct task_struct *p);
struct task_struct *bpf_task_from_pid(s32 pid);
struct task_struct *bpf_task_from_vpid(s32 vpid);

/* Casts. */
void *bpf_cast_to_kern_ctx(void *obj);
void *bpf_rdonly_cast(const void *obj__ign, u32 btf_id__k);

/* Dynptrs. */
int bpf_dynptr_from_skb(struct __sk_buff *s, u64 flags, struct bpf_dynptr *ptr__uninit);
int bpf_dynptr_from_xdp(struct xdp_md *x, u64 flags, struct bpf_dynptr *ptr__uninit);
void *bpf_dynptr_slice(const struct bpf_dynptr *p, u64 offset, void *buffer__opt, u64 buffer__szk);
void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, u64 offset, void *buffer__opt, u64 buffer__szk);
int bpf_dynptr_adjust(const struct bpf_dynptr *p, u64 start, u64 end);
bool bpf_dynptr_is_null(const struct bpf_dynptr *p);
bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *p);
u64 bpf_dynptr_size(const struct bpf_dynptr *p);
int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone__uninit);
int bpf_dynptr_copy(struct bpf_dynptr *dst_ptr, u64 dst_off, struct bpf_dynptr *src_ptr, u64 src_off, u64 size);
int bpf_dynptr_memset(struct bpf_dynptr *p, u64 offset, u64 size, u8 val);

/* Strings of the kernel. */
int bpf_strcmp(const char *s1__ign, const char *s2__ign);
int bpf_strcasecmp(const char *s1__ign, const char *s2__ign);
int bpf_strchr(const char *s__ign, char c);
int bpf_strchrnul(const char *s__ign, char c);
int bpf_strnchr(const char *s__ign, size_t count, char c);
int bpf_strrchr(const char *s__ign, int c);
int bpf_strlen(const char *s__ign);
int bpf_strnlen(const char *s__ign, size_t count);
int bpf_strspn(const char *s__ign, const char *accept__ign);
int bpf_strcspn(const char *s__ign, const char *reject__ign);
int bpf_strstr(const char *s1__ign, const char *s2__ign);
int bpf_strnstr(const char *s1__ign, const char *s2__ign, size_t len);

/* Exceptions. */
void bpf_throw(u64 cookie);

#endif
