# fish completion for holdout
# SPDX-License-Identifier: MIT
function __holdout_complete
    set -l words (commandline -opc) (commandline -ct)
    for offer in ($words[1] completion --words $words[2..-1] 2>/dev/null)
        if string match -q ':files *' -- $offer
            set -l prefix (string replace ':files ' '' -- $offer)
            for path in (__fish_complete_path (string replace -- "$prefix" '' $words[-1]))
                echo -- $prefix$path
            end
        else
            echo -- $offer
        end
    end
end
complete -c holdout -f -a '(__holdout_complete)'
