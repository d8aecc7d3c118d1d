package ringside.ebpf.vm;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.interop.InteropLibrary;
import com.oracle.truffle.api.interop.TruffleObject;
import com.oracle.truffle.api.interop.UnknownIdentifierException;
import com.oracle.truffle.api.library.ExportLibrary;
import com.oracle.truffle.api.library.ExportMessage;
import java.util.List;

/** The programs of one source, as members by their names. */
@ExportLibrary(InteropLibrary.class)
public final class ProgramsValue implements TruffleObject {
  private final List<ProgramValue> programs;

  /** Makes the value. */
  public ProgramsValue(List<ProgramValue> programs) {
    this.programs = List.copyOf(programs);
  }

  /** The program itself where there is one alone. */
  TruffleObject only() {
    return programs.size() == 1 ? programs.getFirst() : this;
  }

  @ExportMessage
  boolean hasMembers() {
    return true;
  }

  @ExportMessage
  @TruffleBoundary
  Object getMembers(boolean includeInternal) {
    return new MemberNames(programs.stream().map(ProgramValue::name).toList());
  }

  @ExportMessage
  @TruffleBoundary
  boolean isMemberReadable(String member) {
    return programs.stream().anyMatch(p -> p.name().equals(member));
  }

  @ExportMessage
  @TruffleBoundary
  Object readMember(String member) throws UnknownIdentifierException {
    for (ProgramValue program : programs) {
      if (program.name().equals(member)) {
        return program;
      }
    }
    throw UnknownIdentifierException.create(member);
  }

  @ExportMessage
  boolean hasLanguage() {
    return true;
  }

  @ExportMessage
  Class<? extends TruffleLanguage<?>> getLanguage() {
    return EbpfLanguage.class;
  }

  @ExportMessage
  Object toDisplayString(boolean allowSideEffects) {
    return "eBPF programs";
  }
}
