package ringside.ebpf.core;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.Insn;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Makes the CO-RE relocations of one object against one kernel's types. */
public final class CoreRelocator {
  private final String where;
  private final Btf local;
  private final Btf target;

  /** Candidates by local type; those that did not match one relocation are not asked again. */
  private final Map<Integer, List<Integer>> candidates = new HashMap<>();

  /** Ids of the kernel's named types by essential name. */
  private @Nullable Map<String, List<Integer>> index;

  /**
   * Makes a relocator.
   *
   * @param where the object's name for messages
   * @param local the object's types
   * @param target the kernel's
   */
  public CoreRelocator(String where, Btf local, Btf target) {
    this.where = where;
    this.local = local;
    this.target = target;
  }

  /**
   * Adapts an instruction.
   *
   * @param insns a section's slots, changed in place
   * @param slot the instruction's index there
   * @return null, or the place that the kernel's types lack: then the instruction is poison
   * @throws CoreException where the relocation is malformed, ambiguous, or does not fit the
   *     instruction
   */
  public @Nullable String relocate(CoreRelocation relocation, Insn[] insns, int slot) {
    CoreKind kind = CoreKind.byId(relocation.kind());
    BtfType type = local.type(relocation.type());
    CoreSpec spec = kind == null ? null : CoreSpec.parse(local, relocation, kind);
    if (kind == null || spec == null) {
      throw bad(
          relocation,
          "parsing [%d] %s %s + %s failed: -22"
              .formatted(
                  relocation.type(),
                  type.kindLabel(),
                  name(type).isEmpty() ? "<anon>" : name(type),
                  relocation.access()));
    }
    Resolution resolution = resolve(relocation, kind, spec, name(type));
    boolean poisoned =
        new InsnPatch(relocation, what -> bad(relocation, what)).apply(insns, slot, resolution);
    return poisoned ? spec.text() : null;
  }

  /** Makes an instruction an invalid call: {@code bpf_core_poison_insn}. */
  public static void poison(Insn[] insns, int slot) {
    InsnPatch.poison(insns, slot);
  }

  private Resolution resolve(CoreRelocation relocation, CoreKind kind, CoreSpec spec, String name) {
    if (kind == CoreKind.TYPE_ID_LOCAL) {
      return new Resolution(spec.root, spec.root, false, false, false, 0, 0);
    }
    if (name.isEmpty()) {
      throw bad(
          relocation,
          "<%s> (%d) relocation doesn't support anonymous types"
              .formatted(kind.label(), relocation.kind()));
    }
    List<Integer> list = candidates.computeIfAbsent(relocation.type(), this::search);
    SpecMatcher matcher = new SpecMatcher(spec, target);
    List<Integer> matching = new ArrayList<>();
    Resolution decision = null;
    long bitOffset = 0;
    for (int candidate : list) {
      CoreSpec found;
      try {
        found = matcher.match(candidate);
      } catch (SpecMatcher.TooDeep e) {
        throw bad(relocation, "error matching candidate [%d] %s: -7".formatted(candidate, name));
      }
      if (found == null) {
        continue;
      }
      Resolution resolution = calculate(relocation, kind, spec, found);
      if (decision == null) {
        decision = resolution;
        bitOffset = found.bitOffset;
      } else if (found.bitOffset != bitOffset) {
        throw bad(
            relocation, "field offset ambiguity: %d != %d".formatted(found.bitOffset, bitOffset));
      } else if (resolution.poison() != decision.poison()
          || resolution.value() != decision.value()) {
        throw bad(
            relocation,
            "relocation decision ambiguity: %s %s != %s %s"
                .formatted(
                    resolution.poison() ? "failure" : "success",
                    Long.toUnsignedString(resolution.value()),
                    decision.poison() ? "failure" : "success",
                    Long.toUnsignedString(decision.value())));
      }
      matching.add(candidate);
    }
    if (decision == null) {
      return calculate(relocation, kind, spec, null);
    }
    candidates.put(relocation.type(), matching);
    return decision;
  }

  private Resolution calculate(
      CoreRelocation relocation, CoreKind kind, CoreSpec mine, @Nullable CoreSpec theirs) {
    CoreValue before;
    CoreValue after;
    try {
      before = CoreValue.of(kind, mine);
      after = CoreValue.of(kind, theirs);
    } catch (CoreValue.Unsupported e) {
      throw bad(
          relocation,
          "relo %d at insn #%d %s".formatted(relocation.kind(), relocation.insn(), e.what()));
    }
    if (before == null || after == null) {
      return new Resolution(0, 0, true, true, false, 0, 0);
    }
    return new Resolution(
        before.value(),
        after.value(),
        false,
        before.validate(),
        theirs != null && before.fieldSize() != after.fieldSize() && !adjustable(before, after),
        before.fieldSize(),
        after.fieldSize());
  }

  private boolean adjustable(CoreValue before, CoreValue after) {
    BtfType mine = local.type(before.fieldType());
    BtfType theirs = target.type(after.fieldType());
    if (mine instanceof BtfType.Ptr && theirs instanceof BtfType.Ptr) {
      return true;
    }
    return mine instanceof BtfType.Int a
        && theirs instanceof BtfType.Int b
        && a.encoding() != BtfType.Int.SIGNED
        && b.encoding() != BtfType.Int.SIGNED;
  }

  private List<Integer> search(int localId) {
    BtfType mine = local.type(localId);
    return index().getOrDefault(EssentialName.of(mine.name()), List.of()).stream()
        .filter(id -> TypeCompatibility.sameKind(mine, target.type(id)))
        .toList();
  }

  private Map<String, List<Integer>> index() {
    Map<String, List<Integer>> known = index;
    if (known == null) {
      known = new HashMap<>();
      for (int id = 1; id < target.types().size(); id++) {
        String name = target.type(id).name();
        if (!name.isEmpty()) {
          known.computeIfAbsent(EssentialName.of(name), n -> new ArrayList<>()).add(id);
        }
      }
      index = known;
    }
    return known;
  }

  private static String name(BtfType type) {
    return type.kind() == 0 ? "" : type.name();
  }

  private CoreException bad(CoreRelocation relocation, String what) {
    return new CoreException(
        where, "prog '%s': relo #%d: %s".formatted(relocation.program(), relocation.index(), what));
  }
}
