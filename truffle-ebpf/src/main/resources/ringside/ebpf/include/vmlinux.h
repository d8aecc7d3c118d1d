/* SPDX-License-Identifier: Apache-2.0 */
/* All types of the simulated kernel, for programs that take them from one place. */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#include <asm/ptrace.h>
#include <linux/bpf.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/trace_events.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <net/xdp.h>

#endif
