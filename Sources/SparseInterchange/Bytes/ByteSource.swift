internal import Platform
internal import SystemPackage

/// A decoder that decompresses bytes on demand, within bounded memory.
protocol StreamDecoder: AnyObject {
    /// Decompresses from `input` into `target`. Returns 0 at the end of the content.
    func read(from input: RawInput, into target: UnsafeMutableRawBufferPointer) throws(InterchangeError) -> Int
}

/// The bytes of a file, of standard input or of an array. zstd and gzip are decompressed.
///
/// Compression is detected from the first bytes, not from the name. Offsets count *decompressed* bytes, so a position
/// is the same whether or not the file is compressed.
public final class ByteSource {
    /// The name of this source in messages.
    public let name: String
    /// Whether the input is compressed.
    public let isCompressed: Bool
    /// The number of decompressed bytes that have been read.
    public private(set) var offset: UInt64 = 0

    private let raw: RawInput
    private let decoder: (any StreamDecoder)?
    /// Bytes that were peeked at and not read yet.
    private var lookahead: [UInt8] = []
    private var lookaheadStart = 0

    /// The number of bytes needed to detect compression: a gzip header without its optional fields.
    private static let headBytes = 10

    /// Opens the file at `path`; "-" is standard input.
    public convenience init(path: String) throws(InterchangeError) {
        try self.init(raw: try RawInput(path: path))
    }

    /// Reads `bytes`; messages use `name`.
    public convenience init(bytes: [UInt8], name: String = "input") throws(InterchangeError) {
        try self.init(raw: RawInput(bytes: bytes, name: name))
    }

    private init(raw: RawInput) throws(InterchangeError) {
        self.raw = raw
        name = raw.name
        try raw.fill(atLeast: Self.headBytes)
        var head: [UInt8] = []
        raw.use { waiting in
            head = Array(waiting.prefix(Self.headBytes))
            return 0
        }
        if let hint = Self.refusal(of: head, name: raw.name) { throw InterchangeError(.unsupported, hint) }
        if Self.isGzip(head) {
            decoder = try Inflater(.gzip, name: raw.name)
        } else {
            decoder = Self.isZstd(head) ? try ZstdDecoder(name: raw.name) : nil
        }
        isCompressed = decoder != nil
    }

    /// The size of the input on disk, if it is a regular file.
    public var rawSize: UInt64? { raw.size }

    /// The number of bytes of the input on disk that have been read; together with `rawSize`, the progress.
    public var rawOffset: UInt64 { raw.consumed }

    /// The size of the content, if it is known in advance.
    public var contentSize: UInt64? { isCompressed ? nil : raw.size }

    /// Returns the next `count` bytes, or as many as there are, without consuming them.
    public func peek(_ count: Int) throws(InterchangeError) -> [UInt8] {
        while lookahead.count - lookaheadStart < count {
            let missing = count - (lookahead.count - lookaheadStart)
            var more = [UInt8](repeating: 0, count: missing)
            let got = try Self.fill(&more) { target throws(InterchangeError) in try self.readThrough(into: target) }
            if got == 0 { break }
            lookahead.append(contentsOf: more[..<got])
        }
        return Array(lookahead[lookaheadStart...].prefix(count))
    }

    /// Peeks until `isEnough` accepts the bytes, or until `limit` bytes or the end are reached. Unlike `peek(_:)`, it
    /// does not wait for more bytes of a pipe than it needs.
    func peek(
        limit: Int, until isEnough: (ArraySlice<UInt8>) -> Bool
    ) throws(InterchangeError) -> ArraySlice<UInt8> {
        while lookahead.count - lookaheadStart < limit, !isEnough(lookahead[lookaheadStart...]) {
            var more = [UInt8](repeating: 0, count: 4_096)
            let got = try Self.fill(&more) { target throws(InterchangeError) in try self.readThrough(into: target) }
            if got == 0 { break }
            lookahead.append(contentsOf: more[..<got])
        }
        return lookahead[lookaheadStart...]
    }

    /// Reads up to `target.count` bytes. Returns 0 at the end.
    public func read(into target: UnsafeMutableRawBufferPointer) throws(InterchangeError) -> Int {
        let waiting = min(lookahead.count - lookaheadStart, target.count)
        guard waiting == 0 else {
            target.copyBytes(from: lookahead[lookaheadStart..<lookaheadStart + waiting])
            lookaheadStart += waiting
            offset += UInt64(waiting)
            return waiting
        }
        let read = try readThrough(into: target)
        offset += UInt64(read)
        return read
    }

    /// Reads `count` bytes, or fewer at the end. Memory grows with the bytes that arrive, not with `count`.
    public func read(count: Int) throws(InterchangeError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var piece = [UInt8](repeating: 0, count: min(count - bytes.count, RawInput.bufferBytes))
            let got = try Self.fill(&piece) { target throws(InterchangeError) in try self.read(into: target) }
            if got == 0 { break }
            bytes.append(contentsOf: piece[..<got])
        }
        return bytes
    }

    /// Reads all remaining bytes, at most `limit`.
    public func readAll(limit: Int = InterchangeLimits.wholeFileBytes) throws(InterchangeError) -> [UInt8] {
        let bytes = try read(count: limit)
        if bytes.count == limit, try !peek(1).isEmpty {
            throw InterchangeError(.limitExceeded, "'\(name)' is larger than \(limit) bytes; split it into parts")
        }
        return bytes
    }

    /// Advances to `target`, by seeking if the input supports it, and otherwise by reading.
    ///
    /// - Throws: `invalidInput` if the content ends before `target`.
    public func skip(to target: UInt64) throws(InterchangeError) {
        guard target > offset else { return }
        if decoder == nil, try raw.seek(to: target) {
            lookahead = []
            lookaheadStart = 0
            offset = target
            return
        }
        var sink = [UInt8](repeating: 0, count: RawInput.bufferBytes)
        while offset < target {
            let step = Int(min(target - offset, UInt64(sink.count)))
            let got = try Self.fill(&sink, upTo: step) { buffer throws(InterchangeError) in try self.read(into: buffer)
            }
            guard got > 0 else {
                throw InterchangeError(
                    .invalidInput,
                    "'\(name)' ends at byte \(offset), before byte \(target); check that it is the same file")
            }
        }
    }

    /// The content as a random-access file: the file itself if it is not compressed, else `spooled`.
    func randomAccess(spooled: () throws(InterchangeError) -> RandomAccessFile) throws(InterchangeError)
        -> RandomAccessFile
    {
        if !isCompressed, let descriptor = raw.seekableDescriptor, let size = raw.size {
            return RandomAccessFile(descriptor: descriptor, size: size, name: name, keeping: raw)
        }
        return try spooled()
    }

    /// Returns why input that begins with `head` is not supported, with a remedy; nil for all other input.
    private static func refusal(of head: [UInt8], name: String) -> String? {
        if head.starts(with: [0xFD, 0x37, 0x7A, 0x58]) {
            return "'\(name)' is compressed with xz; pipe it through 'xz -dc' and give '-' as input"
        }
        if head.starts(with: [0x42, 0x5A, 0x68]) {
            return "'\(name)' is compressed with bzip2; pipe it through 'bzip2 -dc' and give '-' as input"
        }
        // A CSR file may begin with these two bytes as well; the upper half of its row count is then zero.
        if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]), head.count < 8 || head[4] | head[5] != 0
        {
            return "'\(name)' is UTF-16 text; convert it with 'iconv -f UTF-16 -t UTF-8' and give '-' as input"
        }
        return nil
    }

    /// The row count of a CSR file may look like a gzip header, so the compression level and the operating system in
    /// the header are checked as well.
    private static func isGzip(_ head: [UInt8]) -> Bool {
        guard head.count == headBytes, head.starts(with: Inflater.gzipMagic), head[2] == 8 else { return false }
        return [0, 2, 4].contains(head[8]) && (head[9] <= 13 || head[9] == 255)
    }

    private static func isZstd(_ head: [UInt8]) -> Bool {
        // A skippable frame may come first; its magic is 0x184D2A5? in little-endian order.
        head.starts(with: ZstdDecoder.magic)
            || (head.count >= 4 && head[0] & 0xF0 == 0x50 && head[1...3].elementsEqual([0x2A, 0x4D, 0x18]))
    }

    private func readThrough(into target: UnsafeMutableRawBufferPointer) throws(InterchangeError) -> Int {
        guard let decoder else { return try raw.read(into: target) }
        return try decoder.read(from: raw, into: target)
    }

    /// Lets `body` write to the front of `bytes`, and returns its result.
    private static func fill(
        _ bytes: inout [UInt8], upTo count: Int? = nil,
        _ body: (UnsafeMutableRawBufferPointer) throws(InterchangeError) -> Int
    ) throws(InterchangeError) -> Int {
        let size = count ?? bytes.count
        let result = bytes.withUnsafeMutableBytes { buffer -> Result<Int, InterchangeError> in
            do throws(InterchangeError) {
                return .success(try body(UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// The attributes of an open file.
enum FileMeasure {
    /// The size of a regular file; nil for a pipe, a terminal or a device. A directory is an error.
    static func regularFileSize(
        of descriptor: FileDescriptor, name: String
    ) throws(InterchangeError) -> UInt64? {
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0 else {
            throw .system(Errno(rawValue: errno), "read", name)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return UInt64(clamping: status.st_size)
        case S_IFDIR: throw .system(.isDirectory, "read", name)
        default: return nil
        }
    }
}
