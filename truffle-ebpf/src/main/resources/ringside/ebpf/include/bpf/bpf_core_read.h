/* SPDX-License-Identifier: Apache-2.0 */
/* Reads of kernel structs whose layout is known when the program is loaded (CO-RE). */
#ifndef __BPF_CORE_READ_H
#define __BPF_CORE_READ_H

#include <bpf/bpf_helpers.h>

enum bpf_field_info_kind {
	BPF_FIELD_BYTE_OFFSET = 0,
	BPF_FIELD_BYTE_SIZE = 1,
	BPF_FIELD_EXISTS = 2,
	BPF_FIELD_SIGNED = 3,
	BPF_FIELD_LSHIFT_U64 = 4,
	BPF_FIELD_RSHIFT_U64 = 5,
};

enum bpf_type_info_kind {
	BPF_TYPE_EXISTS = 0,
	BPF_TYPE_SIZE = 1,
	BPF_TYPE_MATCHES = 2,
};

enum bpf_type_id_kind {
	BPF_TYPE_ID_LOCAL = 0,
	BPF_TYPE_ID_TARGET = 1,
};

enum bpf_enum_value_kind {
	BPF_ENUMVAL_EXISTS = 0,
	BPF_ENUMVAL_VALUE = 1,
};

#define bpf_core_field_exists(field) __builtin_preserve_field_info(field, BPF_FIELD_EXISTS)
#define bpf_core_field_size(field) __builtin_preserve_field_info(field, BPF_FIELD_BYTE_SIZE)
#define bpf_core_field_offset(field) __builtin_preserve_field_info(field, BPF_FIELD_BYTE_OFFSET)
#define bpf_core_type_exists(type) \
	__builtin_preserve_type_info(*(typeof(type) *)0, BPF_TYPE_EXISTS)
#define bpf_core_type_size(type) \
	__builtin_preserve_type_info(*(typeof(type) *)0, BPF_TYPE_SIZE)

#define bpf_core_type_matches(type) \
	__builtin_preserve_type_info(*(typeof(type) *)0, BPF_TYPE_MATCHES)
#define bpf_core_type_id_local(type) \
	__builtin_btf_type_id(*(typeof(type) *)0, BPF_TYPE_ID_LOCAL)
#define bpf_core_type_id_kernel(type) \
	__builtin_btf_type_id(*(typeof(type) *)0, BPF_TYPE_ID_TARGET)
#define bpf_core_enum_value_exists(type, value) \
	__builtin_preserve_enum_value(*(typeof(type) *)value, BPF_ENUMVAL_EXISTS)
#define bpf_core_enum_value(type, value) \
	__builtin_preserve_enum_value(*(typeof(type) *)value, BPF_ENUMVAL_VALUE)

/* A bit-field read with the load that the kernel's layout takes, then cut out by two shifts. */
#define BPF_CORE_READ_BITFIELD_PROBED(p, field)                                          \
	({                                                                               \
		unsigned long long __v = 0;                                              \
		bpf_probe_read_kernel(                                                   \
			&__v, __builtin_preserve_field_info((p)->field, BPF_FIELD_BYTE_SIZE), \
			(const char *)(p) +                                              \
				__builtin_preserve_field_info((p)->field, BPF_FIELD_BYTE_OFFSET)); \
		__v <<= __builtin_preserve_field_info((p)->field, BPF_FIELD_LSHIFT_U64); \
		if (__builtin_preserve_field_info((p)->field, BPF_FIELD_SIGNED))         \
			__v = (long long)__v >>                                          \
				__builtin_preserve_field_info((p)->field, BPF_FIELD_RSHIFT_U64); \
		else                                                                     \
			__v >>= __builtin_preserve_field_info((p)->field, BPF_FIELD_RSHIFT_U64); \
		__v;                                                                     \
	})

#define bpf_core_read(dst, sz, src) \
	bpf_probe_read_kernel(dst, sz, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_str(dst, sz, src) \
	bpf_probe_read_kernel_str(dst, sz, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_user(dst, sz, src) \
	bpf_probe_read_user(dst, sz, (const void *)__builtin_preserve_access_index(src))

/* BPF_CORE_READ(p, a, b, c) is p->a->b->c, each arrow but the last a read of its own. */
#define ___core_read1(p, a)                                                  \
	({                                                                   \
		typeof((p)->a) __r;                                          \
		bpf_core_read(&__r, sizeof(__r), &(p)->a);                   \
		__r;                                                         \
	})
#define ___core_read2(p, a, b) ___core_read1(___core_read1(p, a), b)
#define ___core_read3(p, a, b, c) ___core_read1(___core_read2(p, a, b), c)
#define ___core_read4(p, a, b, c, d) ___core_read1(___core_read3(p, a, b, c), d)
#define ___core_read5(p, a, b, c, d, e) ___core_read1(___core_read4(p, a, b, c, d), e)
#define BPF_CORE_READ(p, args...) ___bpf_apply(___core_read, ___bpf_narg(args))(p, args)
#define BPF_CORE_READ_INTO(dst, p, args...) (*(dst) = BPF_CORE_READ(p, args), 0)

#endif
