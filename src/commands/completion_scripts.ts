/** A shell that orc can complete command lines in. */
export type Shell = "bash" | "zsh" | "fish" | "powershell";

const BASH =
  `# Completions of orc for bash. In ~/.bashrc: eval "$(orc completions bash)"
_orc() {
  local rest=$COMP_LINE line word current candidate words=()
  # Bash splits at = and : too; what no blank separates is put together again.
  for word in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    line=\${rest#"\${rest%%[![:space:]]*}"}
    if [[ $line != "$rest" || \${#words[@]} -eq 0 ]]; then
      words+=("$word")
    else
      words[\${#words[@]}-1]+=$word
    fi
    rest=\${line#"$word"}
  done
  current=\${words[\${#words[@]}-1]}
  words=("\${words[@]:1:\${#words[@]}-2}")
  words=("\${words[@]//[\\"\\'\\\\]/}")
  COMPREPLY=()
  while IFS= read -r line; do
    candidate=\${line%%$'\\t'*}
    case $candidate in
      :file | :directory)
        compopt -o filenames 2>/dev/null
        while IFS= read -r word; do
          COMPREPLY+=("$word")
        done < <(compgen -A "\${candidate#:}" -- "\${current#--*=}")
        ;;
      "$current"*) COMPREPLY+=("\${candidate#--*=}") ;;
    esac
  done < <(
    orc complete-words --output text --current="$current" -- "\${words[@]}" 2>/dev/null
  )
}
complete -F _orc orc orchestrator`;

const ZSH = `#compdef orc orchestrator
# Completions of orc for zsh. In ~/.zshrc, behind compinit: source <(orc completions zsh)
_orc() {
  local line
  local -a candidates
  for line in "\${(@f)$(
    orc complete-words --output text --current="\${(Q)words[CURRENT]}" \\
      -- "\${(@Q)words[2,CURRENT-1]}" 2>/dev/null
  )}"; do
    case $line in
      :file) compset -P '--*='; _files ;;
      :directory) compset -P '--*='; _files -/ ;;
      ?*) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  (( $#candidates )) && _describe -V orc candidates
}
if [[ $funcstack[1] == _orc ]]; then
  _orc
else
  compdef _orc orc orchestrator
fi`;

const FISH =
  `# Completions of orc for fish. In ~/.config/fish/config.fish: orc completions fish | source
function __orc_complete
    set -l current (commandline -ct)
    set -l words (commandline -opc)
    set -l prefix (string match -r -- '^--[^=]*=' "$current"; or echo)
    for line in (orc complete-words --output text --current="$current" -- $words[2..] 2>/dev/null)
        switch $line
            case :file
                printf '%s\\n' $prefix(__fish_complete_path (string replace -- "$prefix" '' "$current"))
            case :directory
                printf '%s\\n' $prefix(__fish_complete_directories (string replace -- "$prefix" '' "$current") '')
            case '*'
                printf '%s\\n' $line
        end
    end
end
complete -c orc -c orchestrator -f -k -a '(__orc_complete)'`;

const POWERSHELL =
  `# Completions of orc for PowerShell. In $PROFILE: orc completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName orc, orchestrator -ScriptBlock {
  param($current, $command, $position)
  $words = @($command.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $position } |
    ForEach-Object { "$_".Trim('"', "'") })
  # In quotes, because PowerShell keeps a bare -- to itself.
  orc complete-words --output text "--current=$current" '--' @words 2>$null | ForEach-Object {
    $word, $summary = $_ -split "\`t", 2
    if ($word -in ':file', ':directory') {
      [System.Management.Automation.CompletionCompleters]::CompleteFilename($current)
    } elseif ($word.StartsWith($current)) {
      if (-not $summary) { $summary = $word }
      [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $summary)
    }
  }
}`;

/**
 * The scripts name no command: for each press of the key they ask
 * `orc complete-words`, and so they fit every version of orc.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};
