package ringside.ebpf.vm;

import com.oracle.truffle.api.source.Source;
import com.oracle.truffle.api.source.SourceSection;
import java.util.List;

/**
 * Which source an instruction comes from.
 *
 * <p>A program that is linked with one can be stepped and profiled by tools; one without cannot,
 * and costs nothing for it.
 *
 * @param statements by instruction, lowest first
 */
public record SourceMap(List<Statement> statements) {
  /**
   * A statement.
   *
   * @param insn index of its first slot in the program as it is linked
   */
  public record Statement(int insn, SourceSection section) {}

  /** The section from the first line of some statements to the last, of the first one's source. */
  static SourceSection span(List<Statement> statements) {
    Source source = statements.getFirst().section().getSource();
    int first = Integer.MAX_VALUE;
    int last = 0;
    for (Statement statement : statements) {
      SourceSection section = statement.section();
      if (section.getSource().equals(source)) {
        first = Math.min(first, section.getStartLine());
        last = Math.max(last, section.getEndLine());
      }
    }
    return source.hasCharacters()
        ? source.createSection(first, 1, last, Math.max(1, source.getLineLength(last)))
        : source.createSection(first, -1, last, -1);
  }

  /** The statements of the slots from {@code from} to {@code to}. */
  List<Statement> within(int from, int to) {
    return statements.stream().filter(s -> s.insn >= from && s.insn < to).toList();
  }
}
