/* SPDX-License-Identifier: Apache-2.0 */
/* One system call, seen in four ways. */
#include <linux/bpf.h>
#include <linux/trace_events.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

__s64 event_id, event_arg, raw_id, probe_arg, result;
char comm[16];
__u64 pid_tgid;

SEC("tracepoint/raw_syscalls/sys_enter")
int on_event(struct trace_event_raw_sys_enter *ctx)
{
	event_id = ctx->id;
	event_arg = ctx->args[0];
	pid_tgid = bpf_get_current_pid_tgid();
	bpf_get_current_comm(comm, sizeof(comm));
	bpf_printk("call %d", (int)ctx->id);
	return 0;
}

SEC("raw_tp/sys_enter")
int on_raw(struct bpf_raw_tracepoint_args *ctx)
{
	raw_id = ctx->args[1];
	return 0;
}

SEC("tp/raw_syscalls/sys_exit")
int on_exit(struct trace_event_raw_sys_exit *ctx)
{
	result = ctx->ret;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
