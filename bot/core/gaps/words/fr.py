"""French words."""

from __future__ import annotations

STATES = {
    "open": """
        ouvert, ouverte, à faire, en attente, manquant, manquante, non commencé, non implémenté, non implémentée, non
        résolu, non fait, pas commencé, prévu, planifié, nouveau, incomplet, pas encore implémenté, absent
    """,
    "in_progress": """
        en cours, partiel, partielle, partiellement, partiellement fait, partiellement implémenté, en développement,
        commencé, en révision
    """,
    "done": """
        fait, faite, terminé, terminée, résolu, résolue, corrigé, corrigée, implémenté, implémentée, fermé, fermée, clos,
        achevé, livré, complété, complet, oui, résolus, terminés, corrigés
    """,
    "deferred": """
        reporté, reportée, différé, différée, plus tard, en pause, ultérieurement, ajourné
    """,
    "wontfix": """
        annulé, annulée, rejeté, rejetée, abandonné, abandonnée, obsolète, hors périmètre, non prévu, refusé
    """,
}

WEAK = """
    oui, nouveau, absent, fait
"""

PRIORITIES = """
    critique, critiques, urgent, urgente, très haute, haute, haut, élevé, élevée, important, importante, importants,
    moyen, moyenne, modéré, basse, bas, faible, optionnel, optionnelle, mineur, mineure, majeur, majeure, bloquant
"""

LABELS = {
    "status": """
        statut, état, avancement
    """,
    "priority": """
        priorité, urgence
    """,
    "severity": """
        sévérité, gravité, criticité
    """,
    "effort": """
        effort, estimation, effort estimé, temps estimé, taille, charge, durée
    """,
    "complexity": """
        complexité, difficulté
    """,
    "depends": """
        dépendances, dépendance, dépend de, bloqué par, prérequis, nécessite
    """,
    "id": """
        numéro, identifiant
    """,
    "title": """
        titre, lacune, problème, tâche, fonctionnalité, description, manque, élément, dette, limitation
    """,
    "resolution": """
        résolution
    """,
    "describes": """
        description, problème, impact, cause, solution, fichiers, fichier, recommandation, risque, raison, emplacement,
        justification, contournement, action, état actuel, correctif, proposition
    """,
}

LACKING = """
    pas, non, aucun, aucune, sans, manque, manquant, manquante, manquants, jamais, seulement, uniquement, encore, incomplet,
    incomplète, erreur, erreurs, problème, cassé, dupliqué, lent, obsolète, devrait, doit, doivent, faut, manuel, limité
"""

DEMANDS = """
    ajouter, corriger, implémenter, supporter, améliorer, supprimer, remplacer, migrer, mettre, créer, faire, utiliser, valider,
    vérifier, refactoriser, déplacer, documenter, tester, envisager, intégrer, optimiser, définir, extraire, permettre,
    afficher, gérer
"""

SECTIONS = {
    "legend": """
        légende, format, modèle, glossaire, définitions, niveaux de priorité, catégories, exemple
    """,
    "guide": """
        comment utiliser, comment contribuer, contribuer, processus, instructions, utilisation, maintenance, guide
    """,
    "reference": """
        références, liens, ressources, sommaire, table des matières, voir aussi, sources, annexe
    """,
    "summary": """
        résumé, synthèse, statistiques, métriques, conclusion, vue d ensemble, aperçu, bilan, matrice de
        priorité, récapitulatif
    """,
    "plan": """
        feuille de route, prochaines étapes, plan, plan d action, calendrier, recommandations, ordre recommandé, ordre
        suggéré
    """,
    "inventory": """
        ce qui fonctionne, déjà implémenté, implémenté, existant, points forts, état actuel, contexte, introduction
    """,
    "archive": """
        résolu, résolus, terminé, terminés, corrigé, corrigés, fait, archive, archives, clos
    """,
    "log": """
        historique, journal des modifications, modifications
    """,
    "gaps": """
        lacunes, manques, limitations, limitations connues, problèmes, problèmes connus, dette technique, dette, tâches,
        améliorations, bogues, ce qui manque, fonctionnalités manquantes, à faire, points ouverts, manquants
    """,
    "detail": """
        problème, description, solution, impact, cause, étapes, recommandation, fichiers, état actuel
    """,
}
