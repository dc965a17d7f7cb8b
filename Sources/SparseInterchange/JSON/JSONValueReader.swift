internal import SparseStore

/// Splits a JSON text into values that follow each other, over any number of lines, or that are in one array, as
/// pretty-printers and `json.dump` write them. The array may be the member `rows` of an
/// object, as pymilvus writes it.
///
/// Values are found by their brackets; the parser checks them. The memory is that of the longest value, which is
/// bounded by the limit.
final class JSONValueReader: RecordReader {
    private(set) var number: Int
    private(set) var offset: UInt64

    private let source: ByteSource
    private let limit: Int
    private var input: ArraySlice<UInt8> = []
    private var value: [UInt8] = []
    /// The last value, which is valid until the next is read.
    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 16)

    /// Reads values from the current position of `source`, which is the beginning or follows a value; `number` values
    /// came before.
    init(source: ByteSource, limit: Int = InterchangeLimits.lineBytes, after number: Int = 0) {
        self.source = source
        self.limit = limit
        self.number = number
        offset = source.offset
    }

    /// The number of bytes before the array in `{"rows": [`; nil if the text does not begin like that.
    static func rowsPrefix(_ text: some Collection<UInt8>) -> Int? {
        var rest = text[...]
        for word in ["{", "\"rows\"", ":", "["] {
            rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
            guard rest.starts(with: word.utf8) else { return nil }
            if word != "[" { rest = rest.dropFirst(word.utf8.count) }
        }
        return text.count - rest.count
    }

    deinit {
        buffer.deallocate()
    }

    /// Returns the next value without separators; nil at the end.
    func next() throws(InterchangeError) -> LineReader.Line? {
        value.removeAll(keepingCapacity: true)
        if offset == 0, let prefix = Self.rowsPrefix(try source.peek(256)) {
            for _ in 0..<prefix { _ = try take() }
        }
        guard var byte = try skipBetweenValues() else { return nil }
        number += 1
        var (depth, length) = (0, 0)
        var (isText, isEscaped) = (false, false)
        while true {
            length += 1
            if length <= limit { value.append(byte) }
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isText = false
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isText = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
            }
            if depth <= 0, !isText { break }
            guard let following = try take() else { break }
            byte = following
        }
        guard length <= limit else {
            return LineReader.Line(bytes: UnsafeBufferPointer(start: nil, count: 0), isTooLong: true)
        }
        if buffer.count < length {
            buffer.deallocate()
            buffer = .allocate(byteCount: length, alignment: 16)
        }
        buffer.copyBytes(from: value)
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<length]).bindMemory(to: UInt8.self)
        return LineReader.Line(bytes: bytes, isTooLong: false)
    }

    /// Skips white space, commas, the brackets of the array and a byte order mark. Returns the first byte of a value.
    private func skipBetweenValues() throws(InterchangeError) -> UInt8? {
        var isBehindArray = false
        while let byte = try take() {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF: continue
            case UInt8(ascii: ","), UInt8(ascii: "["): continue
            case UInt8(ascii: "]"): isBehindArray = true
            case UInt8(ascii: "}") where isBehindArray: continue
            default: return byte
            }
        }
        return nil
    }

    private func take() throws(InterchangeError) -> UInt8? {
        if input.isEmpty {
            input = try source.read(count: 64 << 10)[...]
            if input.isEmpty { return nil }
        }
        offset += 1
        return input.popFirst()
    }
}

/// The set of terms seen in one vector: a hash table that is cleared in constant time, for use with millions of
/// vectors.
struct TermSet {
    private struct Entry {
        var hash: UInt64 = 0
        var index: UInt32 = 0
        var epoch: UInt32 = 0
    }

    private var entries = [Entry](repeating: Entry(), count: 1_024)
    private var epoch: UInt32 = 1
    private var count = 0
    /// A random seed for each table, so that an attacker cannot prepare terms that collide.
    private let seed = UInt64.random(in: .min ... .max)

    /// Removes all terms.
    mutating func removeAll() {
        count = 0
        epoch &+= 1
        guard epoch == 0 else { return }
        entries = [Entry](repeating: Entry(), count: entries.count)
        epoch = 1
    }

    /// Adds the term at `index` of `vector` whose hash is `hash`. Returns false if an equal term exists.
    mutating func insert(_ hash: UInt64, at index: Int, of vector: [WeightedTerm]) -> Bool {
        if (count + 1) * 2 > entries.count { grow() }
        let mask = entries.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while entries[slot].epoch == epoch {
            if entries[slot].hash == hash {
                // Compare bytes, not strings: different normalizations of a string are different terms.
                let other = vector[Int(entries[slot].index)].term
                if other.utf8.elementsEqual(vector[index].term.utf8) { return false }
            }
            slot = (slot + 1) & mask
        }
        entries[slot] = Entry(hash: hash, index: UInt32(truncatingIfNeeded: index), epoch: epoch)
        count += 1
        return true
    }

    /// The seeded hash of a term's bytes.
    func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let raw = UnsafeRawBufferPointer(bytes)
        var state = seed ^ UInt64(truncatingIfNeeded: raw.count)
        var index = 0
        while index + 8 <= raw.count {
            state = Self.mix(state ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        var rest: UInt64 = 0
        while index < raw.count {
            rest = rest << 8 | UInt64(raw[index])
            index += 1
        }
        return Self.mix(state ^ rest &* 0xE703_7ED1_A0B4_28DB)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }

    private mutating func grow() {
        let old = entries
        entries = [Entry](repeating: Entry(), count: old.count * 2)
        let mask = entries.count - 1
        for entry in old where entry.epoch == epoch {
            var slot = Int(truncatingIfNeeded: entry.hash) & mask
            while entries[slot].epoch == epoch { slot = (slot + 1) & mask }
            entries[slot] = entry
        }
    }
}

/// Finds a member of a JSON object that looks like a sparse vector, for the error message of a missing vector.
enum VectorSearch {
    /// The maximum depth of the search, and the maximum number of names in a path.
    private static let depth = 4
    /// The maximum length of a path in a message, in bytes.
    private static let longest = 100

    /// Returns the path of the first such member of the object at `scanner`, with names joined by dots; nil if there is
    /// none.
    static func path(_ scanner: inout JSONScanner) -> String? {
        guard let path = try? find(&scanner, depth: depth) else { return nil }
        let text = path.joined(separator: ".")
        return text.utf8.count <= longest && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? text : nil
    }

    /// Nil if the object has no such member; the object has then been read to its end.
    private static func find(_ scanner: inout JSONScanner, depth: Int) throws(JSONFault) -> [String]? {
        try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
        if scanner.take(UInt8(ascii: "}")) { return nil }
        repeat {
            var scratch: [UInt8] = []
            let token = try scanner.scanString(unescapingInto: &scratch, or: .expectedKey)
            let name = scanner.withText(of: token, scratch: scratch) { String(decoding: $0, as: UTF8.self) }
            try scanner.expect(UInt8(ascii: ":"), or: .expectedColon)
            // Attributes may look like a vector, but their name has its own meaning.
            let isReserved = depth == Self.depth && name == "attributes"
            if !isReserved, isVector(scanner) { return [name] }
            if !isReserved, depth > 1, scanner.peek() == UInt8(ascii: "{") {
                if let path = try find(&scanner, depth: depth - 1) { return [name] + path }
            } else {
                try scanner.skipValue()
            }
        } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
        return nil
    }

    /// Whether a value begins with a term and a number, with a pair of them, or with `indices` or `values`.
    private static func isVector(_ scanner: JSONScanner) -> Bool {
        var (ahead, scratch) = (scanner, [UInt8]())
        let isPairs = ahead.take(UInt8(ascii: "["))
        guard isPairs ? ahead.take(UInt8(ascii: "[")) : ahead.take(UInt8(ascii: "{")),
            let name = try? ahead.scanString(unescapingInto: &scratch),
            ahead.take(isPairs ? UInt8(ascii: ",") : UInt8(ascii: ":"))
        else { return false }
        let isArray = ahead.withText(of: name, scratch: scratch) {
            $0.elementsEqual("indices".utf8) || $0.elementsEqual("values".utf8)
        }
        if isArray, ahead.peek() == UInt8(ascii: "[") { return true }
        return (try? ahead.scanNumber()) != nil
    }
}
