package ringside.ebpf.batch;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Answers requests, one JSON object a line.
 *
 * <p>A request that makes no sense is answered with verdict {@code error}; nothing is thrown.
 */
public abstract sealed class BatchAnswers implements AutoCloseable permits BatchSession, HostBatch {
  /** How many maps of a request are looked at. */
  static final int MAX_MAPS = 64;

  /** Answers one line. */
  public final String answer(String line) {
    JsonObject answer = new JsonObject();
    try {
      JsonElement parsed = JsonParser.parseString(line);
      if (!parsed.isJsonObject()) {
        throw new RequestException("bad JSON line");
      }
      JsonObject request = parsed.getAsJsonObject();
      if (request.has("id")) {
        answer.add("id", request.get("id"));
      }
      execute(request, answer);
    } catch (RequestException e) {
      error(answer, e.getMessage());
    } catch (JsonParseException
        | IllegalStateException
        | UnsupportedOperationException
        | NumberFormatException e) {
      error(answer, "bad JSON line");
    }
    return answer.toString();
  }

  private static void error(JsonObject answer, @Nullable String message) {
    answer.addProperty("verdict", "error");
    answer.addProperty("error", message);
  }

  /** A request that makes no sense. */
  @SuppressWarnings("serial") // never serialised; the marker is inherited
  static final class RequestException extends Exception {
    RequestException(String message) {
      super(message);
    }
  }

  /** Carries out a request and writes what came of it into the answer. */
  abstract void execute(JsonObject request, JsonObject answer) throws RequestException;

  @Override
  public abstract void close();

  static int logLevel(JsonObject request) {
    int level = (int) number(request, "log_level", 0);
    return (level != 0 ? level : number(request, "log", 0) != 0 ? 1 : 0) | 4;
  }

  static byte[] code(JsonObject request) throws RequestException {
    if (request.has("file")) {
      try {
        return Files.readAllBytes(Path.of(string(request, "file", "")));
      } catch (IOException e) {
        throw new RequestException("cannot read program");
      }
    }
    return hex(string(request, "hex", ""), "cannot read program");
  }

  static String string(JsonObject object, String key, String otherwise) {
    return object.has(key) && !object.get(key).isJsonNull()
        ? object.get(key).getAsString()
        : otherwise;
  }

  static long number(JsonObject object, String key, long otherwise) {
    if (!object.has(key) || object.get(key).isJsonNull()) {
      return otherwise;
    }
    JsonElement value = object.get(key);
    return value.getAsJsonPrimitive().isBoolean()
        ? (value.getAsBoolean() ? 1 : 0)
        : Long.decode(value.getAsString());
  }

  static byte[] hex(String text, String complaint) throws RequestException {
    try {
      return HexFormat.of().parseHex(text.replaceAll("[\\s:,]", ""));
    } catch (IllegalArgumentException e) {
      throw new RequestException(complaint);
    }
  }
}
