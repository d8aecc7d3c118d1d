package ringside.ebpf.verifier;

import static ringside.ebpf.verifier.VerifierReject.EINVAL;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.BtfFieldType;
import ringside.ebpf.map.BtfRecord;
import ringside.ebpf.map.MapDescriptor;
import ringside.ebpf.map.MapType;

/** What a path has acquired and must give back, and what becomes of pointers when it does. */
final class References {
  private final VerifierEnv env;

  References(VerifierEnv env) {
    this.env = env;
  }

  /** Records an acquired object and returns its new id. */
  int acquire() {
    int id = ++env.idGen;
    env.state.refs.add(new RefState(RefState.Kind.PTR, id, env.insnIdx, null));
    return id;
  }

  boolean holds(VerifierState st, int id) {
    for (RefState ref : st.refs) {
      if (ref.kind() == RefState.Kind.PTR && ref.id() == id) {
        return true;
      }
    }
    return false;
  }

  private static boolean drop(VerifierState st, int id) {
    for (int i = 0; i < st.refs.size(); i++) {
      RefState ref = st.refs.get(i);
      if (ref.kind() == RefState.Kind.PTR && ref.id() == id) {
        st.refs.remove(i);
        return true;
      }
    }
    return false;
  }

  /** Releases an object: every copy of its pointer becomes unusable. */
  boolean release(int refObjId) {
    if (!drop(env.state, refObjId)) {
      return false;
    }
    env.state.eachReg(r -> {
      if (r.refObjId == refObjId) {
        invalidate(r);
      }
    });
    return true;
  }

  /**
   * Gives an object up to a kptr: in an RCU read section what is per CPU may still be looked at.
   */
  boolean releaseExchanged(int refObjId) {
    boolean rcu = env.inRcuSection();
    if (!drop(env.state, refObjId)) {
      return false;
    }
    env.state.eachReg(r -> {
      if (r.refObjId != refObjId) {
        return;
      }
      int percpu = RegType.MEM_ALLOC | RegType.MEM_PERCPU;
      if (rcu && (r.type & percpu) == percpu) {
        r.refObjId = 0;
        r.type &= ~RegType.MEM_ALLOC;
        r.type |= RegType.MEM_RCU;
      } else {
        invalidate(r);
      }
    });
    return true;
  }

  /** Makes a pointer unusable: a plain number for root, uninitialised for others. */
  void invalidate(RegState r) {
    if (env.allowPtrLeaks) {
      env.markUnknown(r);
    } else {
      r.markNotInit();
    }
  }

  /** After a helper that may move packet data no packet pointer is good any more. */
  void clearPackets() {
    env.state.eachReg(r -> {
      boolean slice =
          RegType.base(r.type) == RegType.PTR_TO_MEM
              && (r.type & (RegType.DYNPTR_TYPE_SKB | RegType.DYNPTR_TYPE_XDP)) != 0;
      if (r.isPacketOrEnd() || slice) {
        invalidate(r);
      }
    });
  }

  /**
   * Checks that nothing is held where the program, or the way to it, ends ({@code
   * check_resource_leak}).
   *
   * @param exception whether {@code bpf_throw} unwinds all frames
   * @param checkSections whether locks and sections count too
   */
  void checkLeaks(boolean exception, boolean checkSections, String where) throws VerifierReject {
    boolean leaked = false;
    FuncState cur = env.state.cur();
    VerifierState st = env.state;
    if (exception || cur.frameno == 0) {
      for (RefState ref : st.refs) {
        if (ref.kind() == RefState.Kind.PTR) {
          env.complain("Unreleased reference id=%d alloc_insn=%d", ref.id(), ref.insnIdx());
          leaked = true;
        }
      }
    }
    if (leaked) {
      throw env.reject(EINVAL, "%s would lead to reference leak", where);
    }
    if (!checkSections) {
      return;
    }
    String section =
        st.activeLocks > 0
            ? "bpf_spin_lock"
            : st.activeIrqId != 0
                ? "bpf_local_irq_save"
                : st.rcuReadLock
                    ? "bpf_rcu_read_lock"
                    : st.preemptLocks > 0 ? "bpf_preempt_disable" : null;
    if (section != null) {
      throw env.reject(EINVAL, "%s cannot be used inside %s-ed region", where, section);
    }
  }

  /** In one branch the pointer is null, in the other it is not: tells all its copies. */
  void markNullOrNot(VerifierState st, int regno, boolean isNull) {
    RegState checked = st.cur().regs[regno];
    int id = checked.id;
    int refObjId = checked.refObjId;
    if (refObjId != 0 && refObjId == id && isNull) {
      drop(st, id);
    }
    st.eachReg(r -> {
      if (RegType.mayBeNull(r.type) && r.id == id) {
        markNullOrNot(r, isNull);
      }
    });
  }

  private void markNullOrNot(RegState r, boolean isNull) {
    if (isNull) {
      r.type = RegType.SCALAR_VALUE;
      r.off = 0;
      r.id = 0;
      r.refObjId = 0;
      return;
    }
    markNotNull(r);
    // The id of what may hold a lock tells one such object from another.
    if (!mayHoldLock(r)) {
      r.id = 0;
    }
  }

  /** Whether there may be a spin lock behind a pointer ({@code reg_may_point_to_spin_lock}). */
  boolean mayHoldLock(RegState r) {
    BtfRecord record = null;
    MapDescriptor map = r.map;
    if (RegType.base(r.type) == RegType.PTR_TO_MAP_VALUE && map != null) {
      record = map.record();
    } else if (BtfPointers.isAllocatedObject(r.type)) {
      record = env.structRecord(BtfPointers.btf(r), r.btfId);
    }
    return holdsLock(record);
  }

  static boolean holdsLock(@Nullable BtfRecord record) {
    return record != null
        && (record.has(BtfFieldType.BPF_SPIN_LOCK) || record.has(BtfFieldType.BPF_RES_SPIN_LOCK));
  }

  /** Turns a pointer that may be null into what it is when it is not. */
  void markNotNull(RegState r) {
    MapDescriptor map = r.map;
    if (RegType.base(r.type) == RegType.PTR_TO_MAP_VALUE && map != null) {
      MapDescriptor inner = inner(map);
      if (inner != null) {
        r.type = RegType.CONST_PTR_TO_MAP;
        r.map = inner;
        BtfRecord record = inner.record();
        if (record != null
            && (record.has(BtfFieldType.BPF_TIMER)
                || record.has(BtfFieldType.BPF_WORKQUEUE)
                || record.has(BtfFieldType.BPF_TASK_WORK))) {
          r.mapUid = r.id;
        }
      } else if (map.type() == MapType.XSKMAP) {
        r.type = RegType.PTR_TO_XDP_SOCK;
      } else if (map.type() == MapType.SOCKMAP || map.type() == MapType.SOCKHASH) {
        r.type = RegType.PTR_TO_SOCKET;
      } else {
        r.type = RegType.PTR_TO_MAP_VALUE;
      }
      return;
    }
    r.type &= ~RegType.PTR_MAYBE_NULL;
  }

  private static @Nullable MapDescriptor inner(MapDescriptor map) {
    return map.type() == MapType.ARRAY_OF_MAPS || map.type() == MapType.HASH_OF_MAPS
        ? map.inner()
        : null;
  }
}
