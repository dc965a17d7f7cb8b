internal import ArgumentParser
internal import Platform

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Parses arguments, runs the command they name, and turns whatever it throws into one line and an exit code.
enum CommandRunner {
    /// The whole life of the process.
    static func main() -> Never {
        // Before anything is opened: what is written to a closed descriptor must not end up in a file of the store.
        StandardDescriptors.occupy()
        if let index = unreadableArgument {
            Output.complain(
                "argument \(index), '\(CommandLine.arguments[index])', is not UTF-8; rename the file or folder")
            exit(ExitStatus.usage.rawValue)
        }
        exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    /// Which argument is not UTF-8, counted from 1; nil if all are. As strings, different ones would be the same.
    private static var unreadableArgument: Int? {
        (1..<max(1, Int(CommandLine.argc))).first { index in
            CommandLine.unsafeArgv[index].map { String(validatingCString: $0) == nil } ?? false
        }
    }

    static func run(_ arguments: [String]) -> ExitStatus {
        if arguments.first == "help", let name = arguments.dropFirst().first(where: { !$0.hasPrefix("-") }),
            !RootCommand.configuration.subcommands.contains(where: { $0.configuration.commandName == name })
        {
            Output.complain("there is no command '\(name)'; see 'sparsestore --help'")
            return .usage
        }
        var command: any ParsableCommand
        do {
            command = try RootCommand.parseAsRoot(separatingNumbers(arguments))
        } catch {
            return usage(error)
        }
        do {
            try command.run()
            try Output.standard.flush()
            return .success
        } catch let error as AlreadyReported {
            return error.status
        } catch {
            // A request for help comes as an error too, of a type of the parser's own.
            if !CommandFailure.isOurs(error), RootCommand.exitCode(for: error) != .failure { return usage(error) }
            // What was found before the failure is worth having.
            try? Output.standard.flush()
            let failure = CommandFailure(error)
            Output.complain(failure.message)
            return failure.status
        }
    }

    /// `get` and `remove` take ids, and a negative number is one: it is not to be read as an option. What stands behind
    /// "--" never is.
    static func separatingNumbers(_ arguments: [String]) -> [String] {
        guard let command = arguments.first, command == "get" || command == "remove", !arguments.contains("--") else {
            return arguments
        }
        func isNumber(_ argument: String) -> Bool { argument.hasPrefix("-") && Double(argument) != nil }
        let numbers = arguments.filter(isNumber)
        return numbers.isEmpty ? arguments : arguments.filter { !isNumber($0) } + ["--"] + numbers
    }

    private static func usage(_ error: any Error) -> ExitStatus {
        guard RootCommand.exitCode(for: error) != .success else {
            do {
                try Output.standard.write(RootCommand.fullMessage(for: error) + "\n")
                try Output.standard.flush()
                return .success
            } catch {
                return CommandFailure(error).status
            }
        }
        let text = RootCommand.message(for: error).split(separator: "\n").joined(separator: " ")
        Output.complain("\(text); see 'sparsestore --help'")
        return .usage
    }
}
