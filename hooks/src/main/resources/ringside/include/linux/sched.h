/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks. */
#ifndef _KERNEL_LINUX_SCHED_H
#define _KERNEL_LINUX_SCHED_H

#include <asm/ptrace.h>
#include <linux/cred.h>
#include <linux/types.h>

#define TASK_COMM_LEN 16

#define TASK_RUNNING 0x00000000
#define TASK_INTERRUPTIBLE 0x00000001
#define TASK_UNINTERRUPTIBLE 0x00000002
#define __TASK_STOPPED 0x00000004
#define EXIT_DEAD 0x00000010
#define EXIT_ZOMBIE 0x00000020
#define TASK_DEAD 0x00000080

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000

struct file;
struct mm_struct;

struct thread_info {
	unsigned long flags;
	int preempt_count;
	long kernel_sp;
	long user_sp;
	int cpu;
};

struct files_struct {
	atomic_t count;
	unsigned int next_fd;
	struct file *fd_array[64];
};

struct signal_struct {
	refcount_t sigcnt;
	atomic_t live;
	int nr_threads;
	int group_exit_code;
	unsigned long shared_pending;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	void *stack;
	refcount_t usage;
	unsigned int flags;
	int on_cpu;
	int on_rq;
	int prio;
	int static_prio;
	int normal_prio;
	unsigned int policy;
	struct list_head tasks;
	struct mm_struct *mm;
	struct mm_struct *active_mm;
	int exit_state;
	int exit_code;
	int exit_signal;
	pid_t pid;
	pid_t tgid;
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct list_head children;
	struct list_head sibling;
	struct task_struct *group_leader;
	struct list_head thread_node;
	u64 utime;
	u64 stime;
	unsigned long nvcsw;
	unsigned long nivcsw;
	u64 start_time;
	u64 start_boottime;
	const struct cred *ptracer_cred;
	const struct cred *real_cred;
	const struct cred *cred;
	char comm[TASK_COMM_LEN];
	struct files_struct *files;
	struct signal_struct *signal;
	unsigned long blocked;
	unsigned long pending;
	void *security;
	struct callback_head rcu;
};

#endif
