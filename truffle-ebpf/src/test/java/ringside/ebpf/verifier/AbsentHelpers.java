package ringside.ebpf.verifier;

import static ringside.ebpf.helper.ArgType.*;
import static ringside.ebpf.helper.ReturnType.*;

import ringside.ebpf.helper.BpfHelper;

/** Prototypes of helpers that this kernel lacks, so that the verifier can be judged on them. */
interface AbsentHelpers {
  @BpfHelper(
      id = 12,
      ret = RET_VOID,
      changesPktData = true,
      args = {ARG_PTR_TO_CTX, ARG_CONST_MAP_PTR, ARG_ANYTHING})
  long tailCall(long ctx, long map, long index);

  @BpfHelper(
      id = 69,
      pktAccess = true,
      args = {ARG_PTR_TO_CTX, ARG_PTR_TO_MEM, ARG_CONST_SIZE, ARG_ANYTHING})
  long fibLookup(long ctx, long params, long size, long flags);

  @BpfHelper(
      id = 81,
      ret = RET_PTR_TO_MAP_VALUE,
      args = {ARG_CONST_MAP_PTR, ARG_ANYTHING})
  long getLocalStorage(long map, long flags);

  @BpfHelper(
      id = 82,
      args = {ARG_PTR_TO_CTX, ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY, ARG_ANYTHING})
  long skSelectReuseport(long ctx, long map, long key, long flags);

  @BpfHelper(
      id = 84,
      ret = RET_PTR_TO_SOCKET_OR_NULL,
      pktAccess = true,
      args = {ARG_PTR_TO_CTX, ARG_PTR_TO_MEM_RDONLY, ARG_CONST_SIZE, ARG_ANYTHING, ARG_ANYTHING})
  long skLookupTcp(long ctx, long tuple, long size, long netns, long flags);

  @BpfHelper(
      id = 85,
      ret = RET_PTR_TO_SOCKET_OR_NULL,
      pktAccess = true,
      args = {ARG_PTR_TO_CTX, ARG_PTR_TO_MEM_RDONLY, ARG_CONST_SIZE, ARG_ANYTHING, ARG_ANYTHING})
  long skLookupUdp(long ctx, long tuple, long size, long netns, long flags);

  @BpfHelper(id = 86, args = ARG_PTR_TO_BTF_ID_SOCK_COMMON_OBJ_RELEASE)
  long skRelease(long sk);

  @BpfHelper(id = 95, ret = RET_PTR_TO_SOCKET_OR_NULL, args = ARG_PTR_TO_SOCK_COMMON)
  long skFullsock(long sk);

  @BpfHelper(id = 96, ret = RET_PTR_TO_TCP_SOCK_OR_NULL, args = ARG_PTR_TO_SOCK_COMMON)
  long tcpSock(long sk);

  @BpfHelper(id = 98, ret = RET_PTR_TO_SOCKET_OR_NULL, args = ARG_PTR_TO_SOCK_COMMON)
  long getListenerSock(long sk);

  @BpfHelper(
      id = 99,
      ret = RET_PTR_TO_SOCK_COMMON_OR_NULL,
      pktAccess = true,
      args = {ARG_PTR_TO_CTX, ARG_PTR_TO_MEM_RDONLY, ARG_CONST_SIZE, ARG_ANYTHING, ARG_ANYTHING})
  long skcLookupTcp(long ctx, long tuple, long size, long netns, long flags);

  @BpfHelper(
      id = 107,
      ret = RET_PTR_TO_MAP_VALUE_OR_NULL,
      args = {
        ARG_CONST_MAP_PTR,
        ARG_PTR_TO_BTF_ID_SOCK_COMMON,
        ARG_PTR_TO_MAP_VALUE_OR_NULL,
        ARG_ANYTHING
      })
  long skStorageGet(long map, long sk, long value, long flags);
}
