/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks bpf(2) for what it should refuse, and prints what it says. bpf-errors.txt is what Linux 6.18
 * says, compiled there with: cc -o bpf-errors bpf-errors.c
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef __x86_64__
#include <sys/syscall.h>
#endif

static union bpf_attr a;

static int bpf(int command)
{
	long result = syscall(__NR_bpf, command, &a, sizeof(a));

	return result < 0 ? -errno : (int)result;
}

static void clear(void)
{
	memset(&a, 0, sizeof(a));
}

static void say(const char *what, int result)
{
	printf("%s: %d\n", what, result < 0 ? result : 0);
}

static struct bpf_insn code[] = { { 0xb7, 0, 0, 0, 2 }, { 0x95 } };
static char data[64], out[64];

static void program(void)
{
	clear();
	a.prog_type = 6;
	a.insns = (unsigned long)code;
	a.insn_cnt = 2;
	a.license = (unsigned long)"GPL";
}

static void map(int type)
{
	clear();
	a.map_type = type;
	a.key_size = 4;
	a.value_size = 8;
	a.max_entries = 1;
}

int main(void)
{
	struct bpf_prog_info info;
	int prog, array;

	program();
	memcpy(a.prog_name, "drop", 4);
	prog = bpf(BPF_PROG_LOAD);
	map(2);
	array = bpf(BPF_MAP_CREATE);

	memset(&info, 0, sizeof(info));
	clear();
	a.info.bpf_fd = prog;
	a.info.info_len = sizeof(info);
	a.info.info = (unsigned long)&info;
	say("info", bpf(BPF_OBJ_GET_INFO_BY_FD));
	for (int i = 0; i < 8; i++)
		printf("%02x", info.tag[i]);
	printf(" %s xlated %d verified %d functions %d tags %d record %d\n", info.name,
	       (int)info.xlated_prog_len, (int)info.verified_insns, (int)info.nr_jited_ksyms,
	       (int)info.nr_prog_tags, (int)info.func_info_rec_size);
	clear();
	a.info.bpf_fd = 99;
	say("info of nothing", bpf(BPF_OBJ_GET_INFO_BY_FD));
	a.info.bpf_fd = 0;
	say("info of a terminal", bpf(BPF_OBJ_GET_INFO_BY_FD));

	clear();
	a.map_fd = 99;
	say("lookup in nothing", bpf(BPF_MAP_LOOKUP_ELEM));
	a.map_fd = prog;
	say("lookup in a program", bpf(BPF_MAP_LOOKUP_ELEM));
	a.map_fd = array;
	say("lookup without key", bpf(BPF_MAP_LOOKUP_ELEM));
	a.flags = 2;
	say("lookup with flags", bpf(BPF_MAP_LOOKUP_ELEM));
	clear();
	a.batch.map_fd = array;
	say("delete batch from an array", bpf(BPF_MAP_DELETE_BATCH));
	clear();
	a.map_fd = array;
	say("freeze", bpf(BPF_MAP_FREEZE));
	say("freeze again", bpf(BPF_MAP_FREEZE));
	a.key = (unsigned long)data;
	a.value = (unsigned long)data;
	say("update of a frozen map", bpf(BPF_MAP_UPDATE_ELEM));
	clear();
	a.batch.map_fd = array;
	say("delete batch from a frozen map", bpf(BPF_MAP_DELETE_BATCH));

	map(1);
	a.map_flags = BPF_F_TOKEN_FD;
	a.map_token_fd = 99;
	say("map by no token", bpf(BPF_MAP_CREATE));
	map(1);
	a.btf_key_type_id = 1;
	say("map with a typed key only", bpf(BPF_MAP_CREATE));
	a.btf_value_type_id = 1;
	a.btf_fd = 99;
	say("map with types of nothing", bpf(BPF_MAP_CREATE));
	a.btf_fd = prog;
	say("map with types of a program", bpf(BPF_MAP_CREATE));
	map(1);
	a.excl_prog_hash_size = 3;
	say("map for a hash of 3 bytes", bpf(BPF_MAP_CREATE));
	map(1);
	a.map_flags = 3 << 3;
	say("map neither read nor written", bpf(BPF_MAP_CREATE));
	map(77);
	say("map of type 77", bpf(BPF_MAP_CREATE));
	map(1);
	memcpy(a.map_name, "a-b", 3);
	say("map named a-b", bpf(BPF_MAP_CREATE));
	map(1);
	a.map_extra = 1;
	say("map with extra", bpf(BPF_MAP_CREATE));

	clear();
	a.test.prog_fd = prog;
	a.test.data_in = (unsigned long)data;
	a.test.data_size_in = 64;
	a.test.data_out = (unsigned long)out;
	a.test.data_size_out = 10;
	say("run into a small buffer", bpf(BPF_PROG_TEST_RUN));
	printf("size %d retval %d\n", (int)a.test.data_size_out, (int)a.test.retval);
	clear();
	a.test.prog_fd = prog;
	a.test.data_in = (unsigned long)data;
	a.test.data_size_in = 64;
	a.test.ctx_size_in = 4;
	say("run with half a context", bpf(BPF_PROG_TEST_RUN));

	program();
	a.log_level = 1;
	say("level without buffer", bpf(BPF_PROG_LOAD));
	a.log_level = 0;
	a.log_buf = (unsigned long)out;
	a.log_size = 64;
	say("buffer without level", bpf(BPF_PROG_LOAD));
	a.log_level = 16;
	say("level 16", bpf(BPF_PROG_LOAD));
	program();
	a.prog_type = 99;
	say("program of type 99", bpf(BPF_PROG_LOAD));
	program();
	memcpy(a.prog_name, "a-b", 3);
	say("program named a-b", bpf(BPF_PROG_LOAD));
	memset(a.prog_name, 'x', sizeof(a.prog_name));
	say("program with a long name", bpf(BPF_PROG_LOAD));
	program();
	a.insn_cnt = 0;
	say("program of nothing", bpf(BPF_PROG_LOAD));
	a.insn_cnt = 2000000;
	say("program of two million", bpf(BPF_PROG_LOAD));
	program();
	a.prog_flags = 1U << 31;
	say("program with flags", bpf(BPF_PROG_LOAD));
	program();
	a.insns = 8;
	say("program from nowhere", bpf(BPF_PROG_LOAD));
	program();
	a.license = 8;
	say("licence from nowhere", bpf(BPF_PROG_LOAD));
	program();
	a.attach_btf_id = 1;
	say("xdp for a kernel type", bpf(BPF_PROG_LOAD));
	program();
	a.prog_type = 32;
	say("netfilter without attach type", bpf(BPF_PROG_LOAD));
	program();
	a.func_info_cnt = 1;
	a.prog_btf_fd = 99;
	say("functions without types", bpf(BPF_PROG_LOAD));

	clear();
	say("types of nothing", bpf(BPF_BTF_LOAD));
	clear();
	a.link_create.prog_fd = prog;
	a.link_create.attach_type = 45;
	say("link of xdp as netfilter", bpf(BPF_LINK_CREATE));
	a.link_create.prog_fd = 99;
	say("link of nothing", bpf(BPF_LINK_CREATE));
	clear();
	a.attach_bpf_fd = prog;
	a.attach_type = 37;
	say("attach of xdp", bpf(BPF_PROG_ATTACH));
	a.attach_type = 200;
	say("attach of type 200", bpf(BPF_PROG_ATTACH));
	clear();
	a.query.attach_type = 37;
	say("query of xdp", bpf(BPF_PROG_QUERY));
	clear();
	a.start_id = 0x7fffffff;
	say("next of the last id", bpf(BPF_PROG_GET_NEXT_ID));
	a.start_id = 0x7ffffff0;
	say("next of a late id", bpf(BPF_PROG_GET_NEXT_ID));
	clear();
	say("program 0", bpf(BPF_PROG_GET_FD_BY_ID));
	a.open_flags = 1;
	say("map with open flags", bpf(BPF_MAP_GET_FD_BY_ID));
	clear();
	a.raw_tracepoint.prog_fd = prog;
	say("xdp on a tracepoint", bpf(BPF_RAW_TRACEPOINT_OPEN));
	clear();
	a.iter_create.link_fd = prog;
	say("iterator of a program", bpf(BPF_ITER_CREATE));
	clear();
	a.enable_stats.type = 1;
	say("statistics 1", bpf(BPF_ENABLE_STATS));
	clear();
	a.prog_bind_map.prog_fd = prog;
	a.prog_bind_map.map_fd = prog;
	say("binding a program", bpf(BPF_PROG_BIND_MAP));
	a.prog_bind_map.map_fd = array;
	say("binding a map", bpf(BPF_PROG_BIND_MAP));
	clear();
	a.prog_stream_read.prog_fd = prog;
	a.prog_stream_read.stream_id = 3;
	say("stream 3", bpf(BPF_PROG_STREAM_READ_BY_FD));
	clear();
	a.token_create.bpffs_fd = 0;
	say("token of a terminal", bpf(BPF_TOKEN_CREATE));
	a.token_create.bpffs_fd = 99;
	say("token of nothing", bpf(BPF_TOKEN_CREATE));
	clear();
	a.task_fd_query.pid = getpid();
	a.task_fd_query.fd = 99;
	say("query of no descriptor", bpf(BPF_TASK_FD_QUERY));
	a.task_fd_query.fd = prog;
	say("query of a program", bpf(BPF_TASK_FD_QUERY));
	a.task_fd_query.pid = 999999;
	say("query of no task", bpf(BPF_TASK_FD_QUERY));
	clear();
	a.link_update.link_fd = prog;
	say("update of a program", bpf(BPF_LINK_UPDATE));
	clear();
	say("detach of a terminal", bpf(BPF_LINK_DETACH));
	clear();
	a.pathname = (unsigned long)"/nowhere/x";
	a.bpf_fd = prog;
	say("pin to nowhere", bpf(BPF_OBJ_PIN));
	a.bpf_fd = 0;
	say("pin of a terminal", bpf(BPF_OBJ_PIN));
	a.path_fd = 5;
	say("pin with a stray directory", bpf(BPF_OBJ_PIN));
	clear();
	a.pathname = (unsigned long)"/nowhere/x";
	say("get from nowhere", bpf(BPF_OBJ_GET));
	a.pathname = (unsigned long)"/";
	say("get of a directory", bpf(BPF_OBJ_GET));
	return 0;
}
