package ringside.ebpf.verifier;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.MapDescriptor;

/** What the verifier remembers of one instruction, across all paths. */
final class InsnAux {
  /** The loop this instruction belongs to, by number from 1; 0 outside of any. */
  int scc;

  boolean prunePoint;
  boolean jumpPoint;
  boolean forceCheckpoint;
  boolean callsCallback;
  boolean iteratorNext;
  boolean seen;

  /** Speculation must stop before this instruction. */
  boolean nospec;

  /** Speculation must stop behind this store, before it is forwarded to a load. */
  boolean nospecResult;

  /** How a pointer move is masked against speculation, and to which window; 0 for not at all. */
  int aluState;

  int aluLimit;

  /** Registers that may be read before they are written, from here on. */
  int liveRegsBefore;

  /** Type of the pointer a load or store goes through; the same on all paths where it matters. */
  int ptrType = RegType.NOT_INIT;

  /** Map reference: the map, and the offset into its value. */
  @Nullable MapDescriptor map;

  int mapOff;

  /** The map of a helper call, while all paths agree on it. */
  @Nullable MapDescriptor callMap;

  boolean callMapPoisoned;

  /** The kernel function that is called. */
  KfuncTable.@Nullable Entry kfunc;

  /** The struct of the program that a kernel function allocates, frees or shares; 0 for none. */
  int structType;

  /** Where in an object the node lies that a kernel function adds to a collection. */
  int insertOff;

  /** A call of {@code bpf_loop}: whether it was seen, and may be unrolled into the program. */
  boolean loopSeen;

  boolean loopInline;
  int loopCallback;

  /** A kernel variable or function: the type of the pointer, and what it points to. */
  int btfVarType;

  int btfVarId;
  int btfVarSize;

  /** Size of the context field an access touches, for the conversion of narrow loads. */
  int ctxFieldSize;
}
