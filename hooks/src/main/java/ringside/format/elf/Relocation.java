package ringside.format.elf;

/**
 * One relocation, {@code Elf64_Rela} or {@code Elf64_Rel}.
 *
 * @param offset where it applies: in relocatables an offset into the section that is relocated
 * @param type the machine's {@code R_*}
 * @param symbol what it refers to; index 0 is the null symbol
 * @param addend what is added; 0 for {@code REL}, where the addend is at the place itself
 */
public record Relocation(long offset, int type, Symbol symbol, long addend) {}
