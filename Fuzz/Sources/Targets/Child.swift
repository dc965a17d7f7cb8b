import Foundation
import SystemPackage

#if os(Linux)

    /// A second process that opens store files, so that a file that crashes it does not end the fuzzer.
    ///
    /// It is a fork of this process, because loading the program with its sanitizer again takes longer than the work
    /// itself, and it opens one file after the other until one of them ends it, because a fork takes longer as well.
    /// Only the calling thread continues in a fork, which is enough, because reading a store needs no other thread.
    enum Child {
        private static let findingStatus: Int32 = 70
        private static let faultStatus: Int32 = 71
        /// The time for one message, less than libFuzzer's limit for an input (`-timeout` in run.sh), and the processor time,
        /// which an endless loop reaches sooner.
        private static let (seconds, processorSeconds): (UInt32, Int) = (15, 4)
        /// The number of files after which a new process is started, so that what leaks does not add up.
        private static let mostRuns = 2_000

        private struct Worker {
            let process: pid_t
            /// Where it reads messages from, and where it says that it is done with one.
            let input: FileDescriptor
            let output: FileDescriptor
            var runs = 0
        }

        // libFuzzer runs one input at a time.
        nonisolated(unsafe) private static var worker: Worker?

        /// Runs `body` with a message in a fork of this process.
        ///
        /// - Parameters:
        ///   - pagesAreDamaged: Whether a memory fault or a call that does not end is counted and not a finding, because
        ///     liblmdb trusts the pointers in its pages, which may lead out of the map or in a circle.
        ///   - body: The same for all calls, because the fork keeps that of the call that started it.
        static func run(_ message: [UInt8], pagesAreDamaged: Bool, _ body: ([UInt8]) throws -> Void) throws {
            var current = try worker ?? start(body)
            current.runs += 1
            worker = nil
            let length = [UInt8(message.count >> 8), UInt8(message.count & 0xFF)]
            // Without an answer, the process has ended.
            if (try? current.input.writeAll(length + message)) != nil, read(1, from: current.output) != nil,
                current.runs < mostRuns
            {
                worker = current
                return
            }
            try current.input.close()
            try current.output.close()
            try wait(for: current.process, pagesAreDamaged)
        }

        private static func start(_ body: ([UInt8]) throws -> Void) throws -> Worker {
            // Writing to a process that has ended is an error, and not a signal.
            signal(SIGPIPE, SIG_IGN)
            let (input, output) = (try FileDescriptor.pipe(), try FileDescriptor.pipe())
            // Swift hides it, because few programs can continue in a fork.
            typealias Fork = @convention(c) () -> pid_t
            guard let fork = dlsym(nil, "fork") else { throw Finding("fork is not available") }
            let child = unsafeBitCast(fork, to: Fork.self)()
            guard child >= 0 else { throw Finding("cannot start a process") }
            if child == 0 {
                try input.writeEnd.close()
                try output.readEnd.close()
                work(input.readEnd, output.writeEnd, body)
            }
            try input.readEnd.close()
            try output.writeEnd.close()
            return Worker(process: child, input: input.writeEnd, output: output.readEnd)
        }

        /// Returns the next bytes; nil if there are fewer.
        private static func read(_ count: Int, from descriptor: FileDescriptor) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: count)
            var done = 0
            while done < count {
                let got = try? bytes.withUnsafeMutableBytes {
                    try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[done...]))
                }
                guard let got, got > 0 else { return nil }
                done += got
            }
            return bytes
        }

        private static func wait(for child: pid_t, _ pagesAreDamaged: Bool) throws {
            var status: CInt = 0
            var waited = waitpid(child, &status, 0)
            while waited < 0, errno == EINTR { waited = waitpid(child, &status, 0) }
            guard waited == child else { throw Finding("a process was lost") }
            // The low seven bits are the signal, and the bits above them the status.
            switch (status & 0x7F, status >> 8 & 0xFF) {
            case (0, 0): return
            case (0, faultStatus) where pagesAreDamaged: tell("FAULT IN DAMAGED PAGES")
            case (Int32(SIGALRM), _) where pagesAreDamaged, (Int32(SIGPROF), _) where pagesAreDamaged:
                tell("HANG IN DAMAGED PAGES")
            case (let signal, let status): throw Finding("the child ended by signal \(signal), status \(status)")
            }
        }

        private static func tell(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }

        /// Runs in the child until the parent has no more messages. It exits without the exit handlers, which belong to
        /// the parent.
        private static func work(_ input: FileDescriptor, _ output: FileDescriptor, _ body: ([UInt8]) throws -> Void)
            -> Never
        {
            for number in [SIGSEGV, SIGBUS, SIGABRT] { signal(number) { _ in Child.tellFault() } }
            // They must end the child.
            for number in [SIGALRM, SIGPROF] { signal(number, SIG_DFL) }
            do {
                while let length = read(2, from: input),
                    let message = read(Int(length[0]) << 8 | Int(length[1]), from: input)
                {
                    alarm(seconds)
                    limitProcessorTime(to: processorSeconds)
                    try body(message)
                    alarm(0)
                    limitProcessorTime(to: 0)
                    try output.writeAll([0])
                }
            } catch {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
                _exit(findingStatus)
            }
            _exit(0)
        }

        /// Sends SIGPROF when the process has used this many more seconds of processor time; 0 takes the limit back.
        private static func limitProcessorTime(to seconds: Int) {
            var limit = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: seconds, tv_usec: 0))
            setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &limit, nil)
        }

        /// Prints the position of the fault, and ends the process with `faultStatus`.
        private static func tellFault() {
            // Swift's module of the C library does not include it.
            typealias Backtrace = @convention(c) (UnsafeMutablePointer<UInt>, CInt) -> CInt
            typealias Symbols = @convention(c) (UnsafeMutablePointer<UInt>, CInt, CInt) -> Void
            if let backtrace = dlsym(nil, "backtrace"), let symbols = dlsym(nil, "backtrace_symbols_fd") {
                var frames = [UInt](repeating: 0, count: 24)
                let count = unsafeBitCast(backtrace, to: Backtrace.self)(&frames, 24)
                unsafeBitCast(symbols, to: Symbols.self)(&frames, count, STDERR_FILENO)
            }
            _exit(faultStatus)
        }
    }
#endif
