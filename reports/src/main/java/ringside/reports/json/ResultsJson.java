package ringside.reports.json;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import ringside.reports.model.Results;

/** Writes and reads {@code results.json}. */
public final class ResultsJson {
  private static final MathContext DIGITS = new MathContext(6);

  private final Gson gson =
      new GsonBuilder()
          .registerTypeAdapterFactory(new RecordFactory())
          .registerTypeAdapter(Double.class, doubles())
          .registerTypeAdapter(double.class, doubles())
          .disableHtmlEscaping()
          .setPrettyPrinting()
          .create();

  /** The JSON text of results, ending in a newline; equal results give equal bytes. */
  public String write(Results results) {
    return gson.toJson(results) + "\n";
  }

  /**
   * Reads results from a file.
   *
   * @throws ResultsException if it is not a results file that this version understands
   */
  public Results read(Path file) throws ResultsException {
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new ResultsException(
          file + ": no such file; 'ringside run' writes results.json into its --out directory");
    } catch (CharacterCodingException e) {
      throw new ResultsException(file + ": not UTF-8 text, so not a results file");
    } catch (IOException e) {
      throw new ResultsException(file + ": cannot be read: " + e.getMessage());
    }
    return parse(text, file.toString());
  }

  /**
   * Reads results from text.
   *
   * @param source names the text in messages
   * @throws ResultsException if it is not results that this version understands
   */
  public Results parse(String text, String source) throws ResultsException {
    try {
      JsonElement root = JsonParser.parseString(text);
      String schema = schema(root);
      if (schema == null) {
        throw new ResultsException(
            source + ": no \"schema\" field, so not a results file of ringside");
      }
      if (!schema.equals(Results.SCHEMA)) {
        throw new ResultsException(
            "%s: written as \"%s\", this version reads \"%s\"; run the experiment again"
                .formatted(source, schema, Results.SCHEMA));
      }
      // Parsed again from text so that messages carry the path of what is wrong.
      Results results = gson.fromJson(text, Results.class);
      if (results == null) {
        throw new ResultsException(source + ": empty");
      }
      return results;
    } catch (JsonParseException | UncheckedIOException e) {
      throw new ResultsException(source + ": " + message(e));
    }
  }

  private static @Nullable String schema(JsonElement root) {
    return root instanceof JsonObject object
            && object.get("schema") instanceof JsonPrimitive primitive
            && primitive.isString()
        ? primitive.getAsString()
        : null;
  }

  private static String message(RuntimeException e) {
    Throwable cause = e.getCause();
    String text = String.valueOf(e.getMessage());
    if (cause instanceof IOException) {
      text = String.valueOf(cause.getMessage());
    }
    // Gson appends a pointer to its troubleshooting guide, which is for programmers.
    return "not valid JSON of results: "
        + text.lines().findFirst().orElse(text).replaceFirst("^.*Exception: ", "");
  }

  /** Six significant digits: more would be noise, and a diff should show what changed. */
  private static JsonSerializer<Double> doubles() {
    return (value, type, context) ->
        new JsonPrimitive(
            new BigDecimal(value).round(DIGITS).stripTrailingZeros().scale() <= 0
                ? new BigDecimal(value).round(DIGITS).setScale(0)
                : new BigDecimal(value).round(DIGITS).stripTrailingZeros());
  }
}
