internal import ArgumentParser
internal import Platform
internal import SparseStore
internal import SystemPackage

/// The options for the connection to S3.
struct S3Options: ParsableArguments {
    @Option(
        help: """
            The path of a Python with boto3, which connects to S3. It takes account, region and endpoint from the \
            usual settings (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and others).
            """)
    var python = "python3"
}

/// The part of an S3 bucket that holds publications. A Python process with boto3 reads and writes the objects
/// (`Resources/s3.py`), because our own client would have to sign requests, retry and find credentials.
///
/// A bucket has no locks. A process that publishes or removes writes a claim object, looks for the claims of others,
/// and deletes its claim at the end. The claim of a killed process blocks removals until it is deleted by hand.
struct S3Target: PublicationTarget {
    private static let claims = "claims"

    let name: String
    private let helper: Helper

    /// - Parameter url: s3://BUCKET or s3://BUCKET/PREFIX.
    init(_ url: String, _ options: S3Options) throws {
        let path = url.dropFirst("s3://".count)
        let bucket = path.prefix { $0 != "/" }
        let prefix = path.dropFirst(bucket.count + 1)
        guard !bucket.isEmpty, !url.contains(where: \.isWhitespace) else {
            throw CommandFailure(.usage, "'\(url)' does not name a bucket; write s3://BUCKET/PREFIX")
        }
        name = url
        helper = try Helper(
            python: options.python,
            arguments: [String(bucket), prefix.isEmpty || prefix.hasSuffix("/") ? String(prefix) : prefix + "/"],
            name: url)
    }

    func isUnused() throws -> Bool { try helper.ask("unused").lines == ["yes"] }

    func names(in folder: String) throws -> [String] { try helper.ask("list \(folder)").lines }

    func read(_ names: [String]) throws -> [[UInt8]?] {
        guard !names.isEmpty else { return [] }
        return try helper.ask("read \(names.count)", names) { try $0.blocks() }.blocks
    }

    func write(_ objects: [PublishedObject]) throws {
        guard !objects.isEmpty else { return }
        _ = try helper.ask(
            "write \(objects.count)", objects.map { "\($0.name) \($0.bytes.count)" }, objects.map(\.bytes))
    }

    func create(_ object: PublishedObject) throws -> Bool {
        try helper.ask("create \(object.name) \(object.bytes.count)", [], [object.bytes]).lines == ["yes"]
    }

    func remove(_ names: [String]) throws {
        guard !names.isEmpty else { return }
        _ = try helper.ask("remove \(names.count)", names)
    }

    func hold<R>(alone: Bool, _ body: () throws -> R) throws -> R {
        let kind = alone ? "remove" : "publish"
        let claim = "\(Self.claims)/\(kind)-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        guard try create(PublishedObject(name: claim, bytes: [])) else {
            throw CommandFailure(.busy, "'\(claim)' already exists; try again")
        }
        defer { try? remove([claim]) }
        // Each process writes its claim before it looks, so that at least one of two sees the other.
        let others = try names(in: Self.claims).filter { other in
            other != claim && (alone || other.hasPrefix("\(Self.claims)/remove-"))
        }
        if let other = others.first {
            throw SparseStoreError(
                .busy, problem: "another process with the claim '\(other)' works in '\(name)'",
                remedy: "try again when it has ended, or remove that object if it was killed")
        }
        return try body()
    }
}

extension S3Target {
    /// The Python process, which takes one request at a time.
    final class Helper: Sendable {
        struct Answer {
            var lines: [String] = []
            var blocks: [[UInt8]?] = []
        }

        private let stream: Lock<Stream>
        private let process: pid_t
        private let name: String

        init(python: String, arguments: [String], name: String) throws {
            self.name = name
            // If the Python process has ended, the next request fails, but this process continues.
            signal(SIGPIPE, SIG_IGN)
            let script = String(decoding: PackageResources.s3_py, as: UTF8.self)
            let requests = try FileDescriptor.pipe()
            let answers = try FileDescriptor.pipe()
            for end in [requests.writeEnd, answers.readEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
            let started = Result { () throws(Spawn.Failure) in
                try Spawn.start(python, [python, "-c", script] + arguments) { actions in
                    for (end, standard) in [(requests.readEnd, STDIN_FILENO), (answers.writeEnd, STDOUT_FILENO)] {
                        posix_spawn_file_actions_adddup2(&actions, end.rawValue, standard)
                        posix_spawn_file_actions_addclose(&actions, end.rawValue)
                    }
                }
            }
            try requests.readEnd.close()
            try answers.writeEnd.close()
            stream = Lock(Stream(requests: requests.writeEnd, answers: answers.readEnd))
            process = (try? started.get()) ?? 0
            if case .failure(let failure) = started {
                throw CommandFailure(
                    .io,
                    "cannot start '\(python)' to connect to S3: \(String(cString: strerror(failure.number))); name "
                        + "another Python with --python")
            }
        }

        deinit {
            stream.withLock { $0.close() }
            var status: Int32 = 0
            if process > 0 { while waitpid(process, &status, 0) < 0, errno == EINTR {} }
        }

        /// - Parameters:
        ///   - request: A line of words.
        ///   - lines: One line for each name.
        ///   - bytes: The contents that follow.
        ///   - more: Reads the part of the answer that follows its lines.
        func ask(
            _ request: String, _ lines: [String] = [], _ bytes: [[UInt8]] = [],
            more: (inout Reading) throws -> Void = { _ in }
        ) throws -> Answer {
            do {
                return try stream.withLock { stream in
                    try stream.send(([request] + lines).map { $0 + "\n" }.joined(), bytes)
                    var reading = Reading(stream: stream)
                    defer { stream = reading.stream }
                    try reading.head(name)
                    try more(&reading)
                    return reading.answer
                }
            } catch is Errno {
                throw CommandFailure(
                    .io, "the Python process for '\(name)' has ended unexpectedly; see its messages above")
            }
        }

        /// An answer that is being read.
        struct Reading {
            fileprivate var stream: Stream
            fileprivate(set) var answer = Answer()

            fileprivate mutating func head(_ name: String) throws {
                let words = try stream.line().split(separator: " ", maxSplits: 2)
                if words.count == 2, words[0] == "ok", let count = Int(words[1]), count >= 0 {
                    for _ in 0..<count { answer.lines.append(try stream.line()) }
                    return
                }
                guard words.count == 3, words[0] == "error" else { throw Errno.ioError }
                let code: SparseStoreError.Code =
                    switch words[1] {
                    case "denied": .permissionDenied
                    case "missing": .notFound
                    default: .io
                    }
                throw SparseStoreError(
                    code, problem: "'\(name)': \(words[2])",
                    remedy: "check that the bucket exists and is accessible")
            }

            /// Reads the contents whose sizes the lines list. The size -1 marks an object that does not exist.
            mutating func blocks() throws {
                for line in answer.lines {
                    guard let size = Int(line), size >= -1, size <= 1 << 30 else { throw Errno.ioError }
                    answer.blocks.append(size < 0 ? nil : try stream.bytes(size))
                }
            }
        }
    }

    /// The two pipes to the process.
    fileprivate struct Stream {
        let requests: FileDescriptor
        let answers: FileDescriptor
        private var buffer: [UInt8] = []
        private var position = 0

        init(requests: FileDescriptor, answers: FileDescriptor) {
            (self.requests, self.answers) = (requests, answers)
        }

        func close() {
            try? requests.close()
            try? answers.close()
        }

        func send(_ text: String, _ bytes: [[UInt8]]) throws {
            try requests.writeAll(text.utf8)
            for piece in bytes { try requests.writeAll(piece) }
        }

        mutating func line() throws -> String {
            while true {
                if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
                    defer { position = end + 1 }
                    return String(decoding: buffer[position..<end], as: UTF8.self)
                }
                try fill()
            }
        }

        mutating func bytes(_ count: Int) throws -> [UInt8] {
            while buffer.count - position < count { try fill() }
            defer { position += count }
            return Array(buffer[position..<position + count])
        }

        private mutating func fill() throws {
            buffer.removeSubrange(..<position)
            position = 0
            var piece = [UInt8](repeating: 0, count: 256 << 10)
            let count = try piece.withUnsafeMutableBytes { try answers.read(into: $0) }
            guard count > 0 else { throw Errno.brokenPipe }
            buffer.append(contentsOf: piece[..<count])
        }
    }
}
