/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything whose layout the kernel's Java code, modules and eBPF programs must agree on. Compiled
 * to BTF when the project is built; no code or data of it is ever used.
 */
#include <asm/ptrace.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/trace_events.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <linux/uidgid.h>
#include <net/xdp.h>

/* A variable of the type makes clang describe it in full. */
#define DESCRIBE(kind, tag) kind tag __describe_##tag;

DESCRIBE(struct, pt_regs)
DESCRIBE(struct, cred)
DESCRIBE(struct, thread_info)
DESCRIBE(struct, task_struct)
DESCRIBE(struct, files_struct)
DESCRIBE(struct, signal_struct)
DESCRIBE(struct, path)
DESCRIBE(struct, qstr)
DESCRIBE(struct, dentry)
DESCRIBE(struct, super_block)
DESCRIBE(struct, inode)
DESCRIBE(struct, file)
DESCRIBE(struct, file_operations)
DESCRIBE(struct, net)
DESCRIBE(struct, net_device)
DESCRIBE(struct, net_device_stats)
DESCRIBE(struct, sk_buff)
DESCRIBE(struct, xdp_buff)
DESCRIBE(struct, xdp_rxq_info)
DESCRIBE(struct, xdp_txq_info)
DESCRIBE(struct, nf_hook_state)
DESCRIBE(struct, nf_hook_ops)
DESCRIBE(enum, nf_inet_hooks)
DESCRIBE(struct, module)
DESCRIBE(struct, module_memory)
DESCRIBE(struct, kernel_param)
DESCRIBE(struct, kernel_param_ops)
DESCRIBE(struct, kparam_string)
DESCRIBE(struct, kparam_array)
DESCRIBE(struct, kernel_symbol)
DESCRIBE(struct, modversion_info)
DESCRIBE(struct, kprobe)
DESCRIBE(struct, kretprobe)
DESCRIBE(struct, kretprobe_instance)
DESCRIBE(struct, list_head)
DESCRIBE(struct, hlist_head)
DESCRIBE(struct, hlist_node)
DESCRIBE(struct, callback_head)
DESCRIBE(struct, trace_entry)
DESCRIBE(struct, trace_event_raw_sys_enter)
DESCRIBE(struct, trace_event_raw_sys_exit)
DESCRIBE(struct, ethhdr)
DESCRIBE(struct, iphdr)
DESCRIBE(struct, ipv6hdr)
DESCRIBE(struct, tcphdr)
DESCRIBE(struct, udphdr)
DESCRIBE(struct, icmphdr)
